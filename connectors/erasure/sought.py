"""Who is taken out, as far as it is known while packages and tables are gone through."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import polars as pl

from connectors.erasure.rule import names, record_name, says_whose
from connectors.erasure.texts import Addresses
from connectors.erasure.tombstones import Known
from connectors.families import Table

_IDS = ("person_ref", "external_id", "email", "phone")


@dataclass(frozen=True)
class Sought:
    """Erased people.

    Args:
        known: Their names: in plain where they are asked for, else hashed.
        addresses: Those of their addresses that are masked in what others wrote.
        ids: By source, the ids and addresses of theirs that their raw records are looked for by.
    """

    known: Known
    addresses: Addresses = field(default_factory=lambda: Addresses([]))
    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def rows(self, table: Table, frame: pl.DataFrame) -> pl.Series:
        """Which rows of a frame are theirs, by the columns of `name_columns`."""
        theirs = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
        for column in frame.select(**names(table)):
            theirs |= self.known.hold(column)
        return theirs

    def learn(self, table: Table, theirs: pl.DataFrame) -> None:
        """Remember the records in rows of theirs: whatever is part of one is theirs too."""
        if not says_whose(table) or theirs.is_empty():
            return
        self.known.add(theirs.select(record_name(table)).to_series().drop_nulls())
        named = theirs.select(**names(table))
        told = {table.key[-1]: None, **{c: c for c in _IDS if c in named.columns}}
        for column, name in told.items():
            # an address that others have too is no sign of them
            rows = theirs if name is None else theirs.filter(self.known.hold(named[name]))
            for source, value in rows.select("source", column).drop_nulls().unique().rows():
                self.ids[source].add(value.strip())
