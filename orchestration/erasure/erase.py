"""Erases people: landing, raw, everything made of it, and every published version.

The order is what makes it safe to pull the plug at any moment: tombstones first, so that nobody
comes back; landing next, while the warehouse still knows who is meant; the warehouse in one
transaction, after which the next build, by whomever, makes and publishes all without them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import msgspec

from connectors.erasure import Taken, count, find_records
from connectors.landing import disk
from orchestration.erasure import landed, people
from orchestration.publishing.versions import Versions, began
from orchestration.report.editions import reports
from orchestration.settings import Settings
from orchestration.sources import hashed_employee
from orchestration.warehouse import WriterGate, connect, erasures


@dataclass
class Receipt:
    """What was done, without saying to whom.

    Args:
        people: How many were erased.
        erased_at: When they were taken out, UTC.
        rows: Rows that went from landing, by table.
        masked: Rows of others in landing in which an address became `[erased]`, by table.
        raw_rows: Rows that went from raw, by table.
        raw_masked: Rows of raw in which an address was masked, by table.
        records: Raw records that went.
        packages: Packages that were written anew.
        unreplayable: Of these, those that lost their raw pages whole.
        exports: Files that held them when they were read, which are yours to clean.
        left: Rows of theirs that a search afterwards found, by table: none, or it failed.
        published: The version that readers have instead.
    """

    people: int
    erased_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows: dict[str, int] = field(default_factory=dict)
    masked: dict[str, int] = field(default_factory=dict)
    raw_rows: dict[str, int] = field(default_factory=dict)
    raw_masked: dict[str, int] = field(default_factory=dict)
    records: int = 0
    packages: int = 0
    unreplayable: int = 0
    exports: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    published: str | None = None


def plan(settings: Settings, who: Iterable[str]) -> Receipt:
    """What `take_out` would do; nothing is changed."""
    with (
        WriterGate(settings.data, settings.lock_wait).hold("plan an erasure"),
        connect(settings.warehouse, read_only=True) as connection,
    ):
        found = people.find(
            connection, who, landed.tombstones(settings), partial(hashed_employee, settings)
        )
        packages = landed.packages(settings)
        find_records(packages, found.sought)
        in_raw = erasures.find(connection, found.sought)
    held = [package for package in packages if count([package], found.sought)]
    return Receipt(
        people=found.number,
        rows=dict(count(held, found.sought)),
        raw_rows=dict(in_raw.rows),
        raw_masked=dict(in_raw.masked),
        packages=len(held),
        exports=sorted({one.path for package in held for one in package.manifest.inputs}),
    )


def take_out(settings: Settings, who: Iterable[str]) -> Receipt:
    """Take people out of landing and the warehouse; the next build publishes without them.

    Raises:
        FixConfiguration: It cannot be told who is meant, or the key is missing.
        Locked: Somebody else writes the warehouse, or lands a stream.
    """
    with WriterGate(settings.data, settings.lock_wait).hold("erase"):
        stones = landed.tombstones(settings)
        with connect(settings.warehouse, read_only=True) as connection:
            found = people.find(connection, who, stones, partial(hashed_employee, settings))
        packages = landed.packages(settings)
        find_records(packages, found.sought)
        stones.write()
        taken = landed.clear(settings, packages, found.sought)
        _drop_release(settings)
        with connect(settings.warehouse) as connection:
            in_raw = erasures.take_out(connection, found.sought, found.customers)
        erasures.compact(settings.warehouse)
        left = count(landed.packages(settings), found.sought)
        with connect(settings.warehouse, read_only=True) as connection:
            left += erasures.find(connection, found.sought).rows
    receipt = _receipt(found.number, taken, in_raw)
    receipt.left = dict(left)
    return receipt


def _drop_release(settings: Settings) -> None:
    """Remove the file of the marts, free blocks and all: the next build makes it of the warehouse.

    Before the warehouse forgets who is meant: whoever is cut off in between can ask again.
    """
    for file in (settings.release, settings.release.with_name(f"{settings.release.name}.wal")):
        file.unlink(missing_ok=True)


def readers_have(settings: Settings, receipt: Receipt) -> str | None:
    """The version that readers have, where all that are kept were begun after an erasure."""
    versions = Versions(settings.published)
    erased_at = receipt.erased_at.replace(tzinfo=None)
    kept = [*versions.names(), *reports(settings).names()]
    return versions.current() if all(began(name) > erased_at for name in kept) else None


def write(settings: Settings, receipt: Receipt) -> str:
    """Keep a receipt. Returns its path."""
    settings.erasures.mkdir(parents=True, exist_ok=True)
    path = settings.erasures / f"{receipt.erased_at:%Y%m%dT%H%M%SZ}.json"
    staged = path.with_suffix(".new")
    staged.write_bytes(msgspec.json.format(msgspec.json.encode(receipt), indent=2))
    disk.replace_durably(staged, path)
    return str(path)


def _receipt(number: int, taken: Taken, in_raw: erasures.Found) -> Receipt:
    return Receipt(
        people=number,
        rows=dict(taken.rows),
        masked=dict(taken.masked),
        raw_rows=dict(in_raw.rows),
        raw_masked=dict(in_raw.masked),
        records=taken.records,
        packages=taken.packages,
        unreplayable=taken.unreplayable,
        exports=sorted(taken.exports),
    )
