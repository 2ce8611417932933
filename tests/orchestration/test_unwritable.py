"""A disk that refuses is told in one sentence, wherever it is met."""

from __future__ import annotations

import errno
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House
from sqlalchemy.exc import OperationalError

from connectors.errors import FixEnvironment
from orchestration import runs
from orchestration.cli import main
from orchestration.warehouse import connect


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond a megabyte; Python ignores the signal, so writing fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_warehouse_that_cannot_grow_is_named(house: House) -> None:
    with (
        pytest.raises(
            FixEnvironment, match=r"warehouse\.duckdb: cannot be written \(File too large"
        ),
        connect(house.settings.warehouse) as connection,
    ):
        connection.execute("create table big as select random() as number from range(1000000)")


def test_books_that_cannot_be_written_are_named_without_the_statement(house: House) -> None:
    with (
        pytest.raises(FixEnvironment, match="disk I/O error") as refused,
        runs._books(house.settings),
    ):
        raise OperationalError("insert into words", {"said": "secret"}, OSError("disk I/O error"))

    assert "insert" not in str(refused.value)
    assert refused.value.where == str(house.settings.dagster_home)


def _fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int) -> None:
    def refusing(**_: object) -> int:
        raise OSError(code, os.strerror(code), "somewhere")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["earful", "status"])
    monkeypatch.setattr(sys.modules[main.__module__], "app", refusing)


def test_a_command_on_a_full_disk_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said: list[str] = []
    monkeypatch.setattr(sys.modules[main.__module__], "say", said.append)
    _fail(monkeypatch, tmp_path, errno.ENOSPC)
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert "somewhere: cannot be written (No space left on device)" in said[0]


def test_a_mistake_of_ours_stays_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _fail(monkeypatch, tmp_path, errno.EBADF)
    with pytest.raises(OSError, match="somewhere"):
        main()
