"""Whatever a table holds comes back out of a CSV, and every row of any file is accounted for."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
from desk import Desk
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.errors import EarfulError
from connectors.landing import Landing

REVIEWS = """
files: a.csv
tables:
  reviews:
    columns:
      review_id: {template: "r{_row}"}
      order_ref: a
      body: b
      title: c
      reviewed_at: {constant: "2026-01-01"}
"""
SPACE = " \t\r\n\v\f"


def new_desk(folder: str) -> Desk:
    root = Path(folder)
    (root / "exports").mkdir()
    return Desk(root / "exports", Landing(root / "landing"))


def written(rows: list[tuple[str, ...]], delimiter: str, newline: str) -> str:
    """The file as Python's own writer makes it, with all texts in quotes."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow(("a", "b", "c"))
    writer.writerows(rows)
    return target.getvalue()


def blank_as_none(text: str) -> str | None:
    return text if text.strip(SPACE) else None


def cells(encoding: str) -> st.SearchStrategy[str]:
    # NUL bytes have a rule of their own; a lone surrogate is no text in any encoding
    letters = st.characters(codec=encoding, exclude_characters="\0", exclude_categories=["Cs"])
    return st.text(st.one_of(letters, st.sampled_from('",;\t\n\r "\'')), max_size=12)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[tuple[str, ...]], str, str, str]:
    encoding = draw(st.sampled_from(["utf-8", "utf-16", "windows-1252", "utf-8-sig"]))
    cell = cells(encoding.replace("-sig", ""))
    rows = draw(st.lists(st.tuples(cell, cell, cell), max_size=8))
    return (
        rows,
        encoding,
        draw(st.sampled_from([",", ";", "\t"])),
        draw(st.sampled_from(["\n", "\r\n"])),
    )


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(files())
@example(([('"', "\r", "a\r\nb"), ("", " ", ",")], "utf-8", ",", "\r\n"))
def test_a_table_comes_back_out_of_a_csv_as_it_was(
    file: tuple[list[tuple[str, ...]], str, str, str],
) -> None:
    rows, encoding, delimiter, newline = file
    with tempfile.TemporaryDirectory() as folder:
        desk = new_desk(folder)
        desk.put("a.csv", written(rows, delimiter, newline), encoding)
        mapping = REVIEWS + f"delimiter: {delimiter!r}\nencoding: {encoding}\n".replace(
            "'\\t'", '"\\t"'
        )
        (manifest,) = desk.land(mapping, "review")

        landed = desk.table("reviews").select("order_ref", "body", "title").rows()
        expected = [tuple(map(blank_as_none, row)) for row in rows]
        assert landed == expected
        assert manifest.counts.accepted == len(landed)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2", "3", ""]),
            st.sampled_from(["2026-01-01", "2026-02-30", "", "x"]),
            st.sampled_from(["1", "2", "one", ""]),
            st.sampled_from(["", ",more", ",more,more"]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.sampled_from(["error", "last", "reject"]),
)
def test_every_row_is_accepted_or_rejected_or_a_repetition(
    rows: list[tuple[str, str, str, str, bool]], policy: str
) -> None:
    lines = [
        f"{key}\n" if short else f"{key},{at},{stars},t{more}\n"
        for key, at, stars, more, short in rows
    ]
    mapping = f"""
files: a.csv
on_duplicate: {policy}
tables: {{reviews: {{columns: {{review_id: id, reviewed_at: at, rating: stars}}}}}}
"""
    with tempfile.TemporaryDirectory() as folder:
        desk = new_desk(folder)
        desk.put("a.csv", "id,at,stars,text\n" + "".join(lines))
        try:
            (manifest,) = desk.land(mapping, "review")
        except EarfulError as error:
            assert error.code in {"FILE-DUPLICATE", "FILE-NOTHING"}  # noqa: PT017 (one of two)
            assert desk.leftovers() == []
            return
        records = sum(line != "\n" for line in lines)
        counts = manifest.counts
        assert counts.read == records
        assert counts.accepted == desk.table("reviews").height
        rejected = desk.rejects()["record"] if counts.rejected else pl.Series([], dtype=pl.Int64)
        assert rejected.len() == rejected.n_unique() == counts.rejected
        assert desk.table("reviews")["review_id"].is_unique().all()
