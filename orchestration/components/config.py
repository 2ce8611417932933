"""What users write about a source; the schema behind `dg check yaml` and editors."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.cursors import NEVER, Swept
from connectors.files import StreamConfig
from connectors.phones import is_region
from connectors.vendors import NAMES, Options, connector

_DURATION = re.compile(r"([1-9]\d*) (minutes|hours|days)")
_NEVER = "never"
_FILES_ONLY = ("folder", "streams")
_SWEEPS = ("sweep", "sweep_limit")
_VENDORS_ONLY = ("url", "begin", "only", "custom", "rates", "skip", *_SWEEPS)


class SourceConfig(BaseModel):
    """One instance of a connector; its folder's name is the source's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connector: Literal["files", "app_store", "hubspot", "peakon", "qualtrics", "zendesk"] = Field(
        description="Connector that reads the source: files, or a vendor's API."
    )
    family: Literal["survey", "support", "workforce", "review", "customer"] | None = Field(
        None, description="files: family whose tables the source fills. A vendor's is known."
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
    phone_region: str | None = Field(
        None,
        description="Country (ISO 3166-1) that phone numbers without a country code belong to; "
        "without it they link only with the same spelling. Packages landed before: earful replay.",
    )
    folder: str = Field(
        ".", description="files: folder of the exports, relative to EARFUL_EXPORTS."
    )
    streams: dict[str, StreamConfig] = Field(
        default_factory=dict, description="files: what is read, by name of the stream."
    )
    url: str | None = Field(
        None,
        description="Vendors: address of the tenant, https://acme.zendesk.com. ${NAME} in it is "
        "read from the environment when the run starts.",
    )
    begin: date = Field(
        date(2015, 1, 1), description="Vendors: first day of the history that is read."
    )
    only: list[str] = Field(
        default_factory=list, description="Vendors: ids of the surveys or apps; all if empty."
    )
    custom: dict[str, str] = Field(
        default_factory=dict,
        description="Vendors: column of the contract -> the tenant's own field that fills it.",
    )
    rates: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Vendors: requests a minute by endpoint class, where the plan has others.",
    )
    skip: list[str] = Field(default_factory=list, description="Vendors: streams that are not read.")

    sweep: str | None = Field(
        None,
        description="Vendors: how long from one sweep to the next, which lists everything to find "
        "what was erased: '7 days', or 'never'. Without it as docs/vendors.md says.",
    )
    sweep_limit: Annotated[float, Field(gt=0, le=1)] = Field(
        Options.sweep_limit,
        description="Vendors: share of the records that a sweep may find gone; where more are "
        "missing, nothing is marked as deleted.",
    )

    @field_validator("sweep")
    @classmethod
    def _is_interval(cls, value: str | None) -> str | None:
        if value is not None and value != _NEVER and not _DURATION.fullmatch(value):
            raise ValueError("expected a number and minutes, hours or days, or never: '7 days'")
        return value

    @field_validator("stale_after")
    @classmethod
    def _is_duration(cls, value: str | None) -> str | None:
        if value is not None and not _DURATION.fullmatch(value):
            raise ValueError("expected a number and minutes, hours or days: '30 hours'")
        return value

    @field_validator("phone_region")
    @classmethod
    def _is_region(cls, value: str | None) -> str | None:
        if value is not None and not is_region(value):
            raise ValueError("expected a country by ISO 3166-1: DE, GB")
        return value

    @model_validator(mode="after")
    def _fits_its_connector(self) -> Self:
        foreign = _VENDORS_ONLY if self.is_files else _FILES_ONLY
        for name in foreign:
            if name in self.model_fields_set:
                raise ValueError(f"{name} is not for the connector {self.connector}")
        if self.is_files:
            self._check_files()
        else:
            self._check_vendor()
        return self

    def _check_files(self) -> None:
        if self.family is None:
            raise ValueError("family is required: survey, support, workforce, review or customer")
        if not self.streams:
            raise ValueError("streams is required, with at least one stream")

    def _check_vendor(self) -> None:
        vendor = connector(self.connector)
        if self.url is None:
            raise ValueError("url is required: the address of the tenant")
        missing = [name for name in vendor.secrets if name not in self.secrets]
        if missing:
            raise ValueError(
                f"secrets.{missing[0]} is required: the NAME of the variable that holds it"
            )
        streams = vendor.endpoints(self.options)
        if not any(isinstance(endpoint.cursor, Swept) for endpoint in streams.values()):
            for name in self.model_fields_set.intersection(_SWEEPS):
                raise ValueError(f"{name} is not for {self.connector}, of which nothing is swept")
        for name in self.skip:
            if name not in streams:
                raise ValueError(f"skip: no stream {name}; there are {', '.join(streams)}")
        for name in self.rates:
            if name not in vendor.vendor.rates:
                raise ValueError(
                    f"rates: no endpoint class {name}; there are {', '.join(vendor.vendor.rates)}"
                )

    @property
    def is_files(self) -> bool:
        """Whether export files are read, and no vendor's API."""
        return self.connector not in NAMES

    @property
    def options(self) -> Options:
        """What a vendor's connector wants to know of the tenant."""
        begin = datetime.combine(self.begin, datetime.min.time(), UTC).replace(tzinfo=None)
        return Options(
            begin=begin,
            only=tuple(self.only),
            custom=self.custom,
            sweep=NEVER if self.sweep == _NEVER else _duration(self.sweep),
            sweep_limit=self.sweep_limit,
        )

    @property
    def age_limit(self) -> timedelta | None:
        """Age at which the data counts as stale."""
        return _duration(self.stale_after)

    def keeps_raw(self, family: str) -> bool:
        """Whether a stream keeps raw pages; employees' answers only where the user says so."""
        return family != "workforce" if self.keep_raw is None else self.keep_raw


def _duration(text: str | None) -> timedelta | None:
    if text is None:
        return None
    number, unit = text.split()
    return timedelta(**{unit: int(number)})
