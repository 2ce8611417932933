"""The company as export files, as one gets them from vendors' admin pages; streamed by block.

orders_<month>.csv · contacts.csv · companies.csv · subscriptions.csv · tickets.ndjson ·
messages.ndjson · ticket_changes.csv · ratings.csv · invitations.csv · survey_<touchpoint>.csv ·
reviews.csv · pulse_answers.csv · teams.csv
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec
import polars as pl

from connectors.sandbox.company.block import Block
from connectors.sandbox.company.config import CompanyConfig
from connectors.sandbox.company.dropbox import as_csv
from connectors.sandbox.company.generate import blocks
from connectors.sandbox.company.home import building, open_company
from connectors.sandbox.company.plan import TOUCHPOINTS
from connectors.sandbox.company.surveys import QUESTIONS, keys
from connectors.sandbox.company.tables import Tables
from connectors.sandbox.systems import SYSTEMS


class Export(msgspec.Struct, frozen=True):
    """What was exported: records by file."""

    folder: Path
    rows: dict[str, int]


def export(company: Path | CompanyConfig, folder: Path) -> Export:
    """Write the export files of a company on disk, or of one that is lived meanwhile.

    Each record stands once, as it is at the end; a survey is one wide file. No more than one block
    of customers is in memory.

    Raises:
        FixConfiguration: There is no such company, or `folder` is not empty.
        FixEnvironment: The disk refuses.
    """
    source = blocks(company) if isinstance(company, CompanyConfig) else _stored(company)
    with building(folder) as beside, _Files(beside) as files:
        for _, tables, _ in source:
            for name, frame in _records(tables):
                files.append(name, frame)
    return Export(folder, files.rows)


class _Files(ExitStack):
    """Files that grow block by block, each with a header once."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.rows: dict[str, int] = {}
        self._folder = folder
        self._open: dict[str, IO[bytes]] = {}

    def append(self, name: str, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        new = name not in self._open
        if new:
            self._open[name] = self.enter_context((self._folder / name).open("wb"))
        if name.endswith(".ndjson"):
            frame.write_ndjson(self._open[name])
        else:
            frame.write_csv(self._open[name], include_header=new)
        self.rows[name] = self.rows.get(name, 0) + len(frame)


def _stored(home: Path) -> Iterator[tuple[int, Tables, Block | None]]:
    config = open_company(home).config
    for number in range(config.blocks + 1):
        paths = {name: home / "systems" / name / f"{number:05d}.parquet" for name in SYSTEMS}
        yield number, {n: pl.read_parquet(p) for n, p in paths.items() if p.exists()}, None


def _records(tables: Tables) -> Iterator[tuple[str, pl.DataFrame]]:
    if "orders" in tables:
        orders = tables["orders"].with_columns(month=pl.col("at").dt.strftime("%Y-%m"))
        parts = orders.partition_by("month", as_dict=True, include_key=False)
        for (month,), part in sorted(parts.items()):
            yield f"orders_{month}.csv", as_csv(part)
    for file, (table, key) in _CURRENT.items():
        if table in tables:
            latest = tables[table].unique(key, keep="last", maintain_order=True)
            yield file, latest.drop(pl.selectors.nested()) if file.endswith(".csv") else latest
    if "qualtrics_responses" in tables:
        yield from _surveys(tables["qualtrics_responses"], tables["qualtrics_answers"])


_CURRENT = {
    "contacts.csv": ("hubspot_contacts", ["id"]),
    "companies.csv": ("hubspot_companies", ["id"]),
    "subscriptions.csv": ("hubspot_deals", ["id"]),
    "tickets.ndjson": ("zendesk_tickets", ["id"]),
    "messages.ndjson": ("zendesk_comments", ["id"]),
    "ticket_changes.csv": ("zendesk_ticket_events", ["child_id"]),
    "ratings.csv": ("zendesk_ratings", ["id"]),
    "invitations.csv": ("qualtrics_invitations", ["distribution_id", "contact_id"]),
    "reviews.csv": ("app_store_reviews", ["id"]),
    "pulse_answers.csv": ("peakon_answers", ["id"]),
    "teams.csv": ("peakon_segments", ["id"]),
}

_KEYS = {
    touchpoint: [key for question in questions for key in keys(question)]
    for touchpoint, questions in QUESTIONS.items()
}


def _surveys(responses: pl.DataFrame, answers: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """One row per response that was not deleted, a column for each question."""
    latest = responses.unique("response_id", keep="last", maintain_order=True)
    latest = latest.filter(~pl.col("deleted"))
    said = answers.unique(["response_id", "key"], keep="last", maintain_order=True)
    value = pl.coalesce("value_text", pl.col("value_number").cast(pl.Int64).cast(pl.String))
    said = said.with_columns(value=value)
    for touchpoint in TOUCHPOINTS:
        part = latest.filter(pl.col("touchpoint") == touchpoint)
        theirs = said.join(part, on="response_id", how="semi")
        wide = theirs.pivot(
            "key", on_columns=_KEYS[touchpoint], index="response_id", values="value"
        )
        joined = part.join(wide, on="response_id", how="left", maintain_order="left")
        yield f"survey_{touchpoint}.csv", joined
