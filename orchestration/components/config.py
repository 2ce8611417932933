"""What users write about a source; the schema behind `dg check yaml` and editors."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.files import StreamConfig

_DURATION = re.compile(r"(\d+) (minutes|hours|days)")


class SourceConfig(BaseModel):
    """One instance of a connector; its folder's name is the source's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector: Literal["files"] = Field(description="Connector that reads the source.")
    family: Literal["survey", "support", "workforce", "review", "customer"] = Field(
        description="Family whose tables the source fills."
    )
    description: str = Field(description="What the source is, for the people who find its data.")
    owner: str | None = Field(None, description="E-mail address, or team:name.")
    schedule: str | None = Field(None, description="Cron expression (UTC) of its runs.")
    stale_after: str | None = Field(
        None, description="Age at which its data counts as stale: '30 hours', '2 days'."
    )
    secrets: dict[str, str] = Field(
        default_factory=dict,
        description="What a secret is for -> NAME of the environment variable that holds it.",
    )
    keep_raw: bool | None = Field(
        None, description="Keep raw pages. Default: yes; no for the workforce family."
    )
    folder: str = Field(".", description="Folder of the exports, relative to EARFUL_EXPORTS.")
    streams: dict[str, StreamConfig] = Field(
        min_length=1, description="What is read, by name of the stream."
    )

    @field_validator("stale_after")
    @classmethod
    def _is_duration(cls, value: str | None) -> str | None:
        if value is not None and not _DURATION.fullmatch(value):
            raise ValueError("expected a number and minutes, hours or days: '30 hours'")
        return value

    @property
    def age_limit(self) -> timedelta | None:
        """Age at which the data counts as stale."""
        if self.stale_after is None:
            return None
        number, unit = self.stale_after.split()
        return timedelta(**{unit: int(number)})

    @property
    def keeps_raw(self) -> bool:
        """Whether raw pages are kept; employees' answers only where the user says so."""
        return self.family != "workforce" if self.keep_raw is None else self.keep_raw
