"""What the systems hold as of the vendors' clock.

Tables are read when first asked for, each sorted once in the order in which its versions came to
be; what is worked out for one moment is remembered until the clock moves or a record changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

import polars as pl

from connectors.errors import FixConfiguration
from connectors.sandbox.systems import SYSTEMS

from .clock import Clock

_KEYS: dict[str, tuple[str, ...]] = {
    "zendesk_ticket_events": ("id", "child_id"),
    "qualtrics_questions": ("survey_id", "question_id"),
    "qualtrics_invitations": ("distribution_id", "contact_id"),
    "qualtrics_responses": ("response_id",),
    "qualtrics_answers": ("response_id", "key"),
    "orders": ("order_id", "event_type", "at"),
}
_REMEMBERED = 256

T = TypeVar("T")
Derive = Callable[["Records", pl.DataFrame], pl.DataFrame]


def key_of(table: str) -> tuple[str, ...]:
    """The columns that tell a table's records apart."""
    return _KEYS.get(table, ("id",))


class Records:
    """The tables of one home, at one clock.

    Args:
        folder: Holds `<table>/*.parquet` for the tables of `SYSTEMS`; a missing one is empty.
        derive: Per table, what to add to its versions when it is read.
    """

    def __init__(self, folder: Path, derive: Mapping[str, Derive] | None = None) -> None:
        """Look only whether the folder is there."""
        if not folder.is_dir():
            raise FixConfiguration(
                "SANDBOX-HOME",
                os.fspath(folder),
                "the tables that the vendors answer from are not here",
                "Let the sandbox company write them first, or name its home.",
            )
        self._folder = folder
        self._derive = derive or {}
        self._versions: dict[str, pl.DataFrame] = {}
        self._memory: dict[Hashable, object] = {}
        self._moment: datetime | None = None
        self.clock: Clock

    def last_moment(self) -> datetime:
        """When the last version of any record came to be."""
        moments = [
            pl.scan_parquet(folder / "*.parquet").select(pl.col("at").max()).collect().item()
            for folder in self._folder.iterdir()
            if folder.name in SYSTEMS and any(folder.glob("*.parquet"))
        ]
        return max((m for m in moments if m is not None), default=datetime(2026, 1, 1))  # noqa: DTZ001 - naive UTC, as everywhere here

    def versions(self, table: str) -> pl.DataFrame:
        """All versions in the order of `at`, with `until` and when the record was `first` seen."""
        if table not in self._versions:
            frame = self._derive.get(table, _as_is)(self, self._read(table))
            self._versions[table] = _ordered(frame, key_of(table))
        return self._versions[table]

    def current(self, table: str) -> pl.DataFrame:
        """Of each record the version in force, by `at`."""
        now = pl.lit(self.clock.now, pl.Datetime("us"))
        alive = (pl.col("at") <= now) & (pl.col("until").is_null() | (pl.col("until") > now))
        return self.memo(("current", table), lambda: self.versions(table).filter(alive))

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, once per moment."""
        if self._moment != self.clock.now:
            self._memory.clear()
            self._moment = self.clock.now
        if key not in self._memory:
            made = make()
            if len(self._memory) >= _REMEMBERED:
                del self._memory[next(iter(self._memory))]
            self._memory[key] = made
        return cast("T", self._memory[key])

    def edit(self, table: str, record: tuple[object, ...], lag: timedelta) -> None:
        """Give a record a new version, `lag` ago if its last one is older than that."""
        last = self._last(table, record)
        at = max(self.clock.now - lag, last["at"].item() + timedelta(seconds=1))
        stamped = [c for c in ("at", "updated_at") if c in last.columns]
        self._add(table, last.with_columns(pl.lit(at, pl.Datetime("us")).alias(c) for c in stamped))

    def twin(self, table: str, record: tuple[object, ...]) -> None:
        """Let a new record come to be that equals another in all but its id, `at` included."""
        last = self._last(table, record)
        name = key_of(table)[len(record) - 1]
        ids = self.versions(table)[name]
        new = int(cast("int", ids.max())) + 1 if ids.dtype.is_integer() else f"{record[-1]}-twin"
        self._add(table, last.with_columns(pl.lit(new, ids.dtype).alias(name)))

    def remove(self, table: str, record: tuple[object, ...]) -> None:
        """Forget a record altogether."""
        self._put(table, self.versions(table).filter(~_is(table, record)))

    def _last(self, table: str, record: tuple[object, ...]) -> pl.DataFrame:
        return self.current(table).filter(_is(table, record)).tail(1)

    def _add(self, table: str, rows: pl.DataFrame) -> None:
        self._put(table, pl.concat([self.versions(table), rows]))

    def _put(self, table: str, frame: pl.DataFrame) -> None:
        self._versions[table] = _ordered(frame.drop("until", "first"), key_of(table))
        self._memory.clear()

    def _read(self, table: str) -> pl.DataFrame:
        files = sorted((self._folder / table).glob("*.parquet"))
        if not files:
            return pl.DataFrame(schema=SYSTEMS[table])
        return pl.read_parquet(files).select(SYSTEMS[table].names())


def _ordered(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """By time, each version with `until` and `first`; most records have one version only."""
    again = frame.select(again=pl.struct(key).is_duplicated())["again"]
    never = pl.lit(None, pl.Datetime("us"))
    once = frame.filter(~again).with_columns(until=never, first="at")
    if again.any():
        versions = frame.filter(again).sort("at", maintain_order=True)
        following, first = pl.col("at").shift(-1).over(key), pl.col("at").first().over(key)
        once = pl.concat([once, versions.with_columns(until=following, first=first)])
    return once.sort("at", *key, maintain_order=True)


def _is(table: str, record: tuple[object, ...]) -> pl.Expr:
    """Whether a row is of a record, or of the records that share the first part of a key."""
    names = key_of(table)
    return pl.all_horizontal(pl.col(n) == v for n, v in zip(names, record, strict=False))


def _as_is(_records: Records, frame: pl.DataFrame) -> pl.DataFrame:
    return frame
