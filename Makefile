# Two commands do everything, environment included: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
COMPILE ?= --compile-bytecode
UV_VERSION := 0.13.9
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check dev real docs lock bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(INSTALLED) .env ## the whole way on a made-up company, its vendors on loopback
	@$(BIN)/earful demo

test: $(INSTALLED) ## the tests, on every supported Python that is installed
	@$(BIN)/pytest
	@scripts/test_other_pythons $(BIN)/python $(VENV)

check: $(INSTALLED) ## formatting, lint, types, dbt without deprecations, components, docs up to date
	@scripts/check $(BIN)

dev: $(INSTALLED) .env ## the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/earful dev

real: $(INSTALLED) .env ## the configured instance on real exports (see examples/real)
	@$(BIN)/earful run --config examples/real/earful.toml

docs: $(INSTALLED) ## write docs/tables.md and the dbt sources anew
	@$(BIN)/python -m orchestration.docs

bench: $(INSTALLED) ## the benchmarks: ratios against floors and peers in one run
	@$(BIN)/python -m benchmarks

lock: ## resolve what pyproject.toml asks for into requirements.lock; UPGRADE=1 moves all pins
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --quiet \
	  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file requirements.lock

clean: ## remove everything that was made, sources and landing folder excepted
	@rm -rf build $(VENV) .venv-* *.egg-info .pytest_cache .mypy_cache .ruff_cache

# the employees' answers of the demo are hashed with a key of this machine's own
.env:
	@umask 077; $(PYTHON) -c "import secrets; print('EARFUL_RESPONDENT_KEY=' + secrets.token_hex(32))" > .env

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet $(COMPILE) --python $(BIN)/python \
	  --no-deps --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@
