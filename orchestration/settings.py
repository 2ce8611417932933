"""Settings of one Earful instance: flag > environment > file > default.

The file is `earful.toml` in the working folder, or whatever `EARFUL_CONFIG` names; paths in it
are relative to it. No secret is ever a setting: sources name environment variables instead.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from connectors.errors import FixConfiguration
from orchestration.unwritable import require_folder

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: where the dbt project and the shipped definitions are."""

_MEMORY = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")


class Settings(BaseSettings):
    """One instance: where it reads, where it writes, and how strict it is."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="EARFUL_", extra="forbid", frozen=True
    )

    sources: Path = Field(
        ROOT / "orchestration/defs/sources", description="Folder with one folder per source."
    )
    exports: Path = Field(ROOT / "exports", description="Folder that file sources are relative to.")
    seeds: Path = Field(
        ROOT / "dbt_project/seeds", description="Folder of dbt seeds: question map, touchpoints."
    )
    data: Path = Field(ROOT / "data", description="Folder that everything is written to.")
    build: Path = Field(ROOT / "build", description="Folder for what is made for reading only.")
    matching: Path | None = Field(
        None, description="YAML of the probabilistic pass over people; none without."
    )
    report: Path | None = Field(
        None, description="YAML of what the report shows to whom; the shipped one without."
    )
    lock_wait: float = Field(
        60, ge=0, description="Seconds to wait for the warehouse while somebody else writes it."
    )
    keep_versions: int = Field(3, ge=1, description="Published versions that are kept.")
    max_collapse: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of rows that a published table may lose before the gate refuses.",
    )
    max_rejected: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of newly loaded rows that the raw gate may set aside before it blocks.",
    )
    max_age_hours: float = Field(
        48, gt=0, description="Hours since the last load after which the release gate refuses."
    )

    model_threads: int = Field(
        2,
        ge=1,
        description="Models that are built at once; with 1, memory holds one query at most.",
    )
    model_memory: str | None = Field(
        None,
        description="Memory of DuckDB while models are built, as 4GB; what does not fit it writes "
        "to disk. Four fifths of the machine's without.",
    )

    publish_texts: bool = Field(
        default=True,
        description="Whether what customers wrote is published, masked, or left out.",
    )

    erasure_key: str = Field(
        "EARFUL_RESPONDENT_KEY",
        min_length=1,
        description="Variable with the key that erased people are remembered by, hashed.",
    )

    @field_validator("model_memory")
    @classmethod
    def _is_an_amount(cls, told: str | None) -> str | None:
        if told is not None and not _MEMORY.fullmatch(told):
            raise PydanticCustomError("memory", "not an amount of memory, such as 500MB or 4GB")
        return told

    @property
    def landing(self) -> Path:
        """Load packages: the system of record."""
        return self.data / "landing"

    @property
    def warehouse(self) -> Path:
        """DuckDB file with raw, staging and intermediate tables."""
        return self.data / "warehouse.duckdb"

    @property
    def release(self) -> Path:
        """DuckDB file with the public marts, before the release gate."""
        return self.data / "release.duckdb"

    @property
    def erasures(self) -> Path:
        """Receipts of erasures."""
        return self.data / "erasures"

    @property
    def published(self) -> Path:
        """Folder of published versions; `earful.duckdb` in it is the current one."""
        return self.data / "published"

    @property
    def report_folder(self) -> Path:
        """Folder of reports on published versions; `current` in it is the current one."""
        return self.data / "report"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' Data Docs, one folder per gate."""
        return self.build / "data_docs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own run history."""
        return self.data / "dagster"

    @cached_property
    def dbt_environment(self) -> dict[str, str]:
        """Variables that the dbt profile and project read."""
        limits = {"memory_limit": self.model_memory} if self.model_memory else {}
        return {
            "EARFUL_WAREHOUSE": str(self.warehouse),
            "EARFUL_RELEASE": str(self.release),
            # relative, because dbt writes a seed's SQL to target / its path: an absolute path
            # would lead back to the seed itself and overwrite it
            "EARFUL_SEED_PATH": os.path.relpath(self.seeds, ROOT / "dbt_project"),
            "EARFUL_MODEL_THREADS": str(self.model_threads),
            "EARFUL_DUCKDB_CONFIG": json.dumps(limits),
            "EARFUL_PUBLISH_TEXTS": str(self.publish_texts).lower(),
            "DBT_TARGET_PATH": str(self.data / "dbt"),
            # its log is for people; the JSON that Dagster reads comes by its output. Statements are
            # in run/ beside it, and asked for again by whoever sets DBT_LOG_LEVEL_FILE=debug
            "DBT_LOG_FORMAT_FILE": "text",
            "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "info"),
            "DBT_LOG_PATH": str(self.data / "dbt"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment, then the file."""
        return init_settings, env_settings, _RelativeToml(settings_cls, config_file())


class _RelativeToml(TomlConfigSettingsSource):
    """Reads paths in the file as relative to the file."""

    def __call__(self) -> dict[str, Any]:
        folder = config_file().resolve().parent
        return {
            # an unknown name passes, so that it is refused and not swallowed
            key: folder / value if _is_path(key) else value
            for key, value in super().__call__().items()
        }


def _is_path(setting: str) -> bool:
    field = Settings.model_fields.get(setting)
    return field is not None and field.annotation in (Path, Path | None)


def config_file() -> Path:
    """The settings file in force; it need not exist unless `EARFUL_CONFIG` names it."""
    return Path(os.environ.get("EARFUL_CONFIG", "earful.toml"))


def settings_in_file() -> set[str]:
    """Names of the settings that the file sets."""
    return set(_RelativeToml(Settings, config_file())())


def load() -> Settings:
    """Read the settings.

    Raises:
        FixConfiguration: A value is wrong; names the field, and what it expected.
        FixEnvironment: The data folder is a file.
    """
    named = os.environ.get("EARFUL_CONFIG")
    if named and not Path(named).is_file():
        raise FixConfiguration(
            "CONFIG-MISSING", named, "no such settings file", "Correct EARFUL_CONFIG or --config."
        )
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise FixConfiguration(
            "CONFIG-VALUE",
            f"{first['loc'][0]} ({config_file()} or EARFUL_{str(first['loc'][0]).upper()})",
            first["msg"],
            "earful config show lists every setting and where its value comes from.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise FixConfiguration(
            "CONFIG-VALUE",
            str(config_file()),
            f"not valid TOML: {error}",
            "Write name = value, texts in quotes.",
        ) from error
    settings = settings.model_copy(
        update={
            name: getattr(settings, name).resolve()
            for name in ("sources", "exports", "seeds", "data", "build", "matching")
            if getattr(settings, name) is not None
        }
    )
    require_folder(settings.data)
    return settings
