"""The macro that reads numbers without a library judges them as the library's reader does."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import phonenumbers
import polars as pl
import pytest

from connectors.phones import e164

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros" / "normalize.sql"


def normal(*numbers: str | None) -> list[str | None]:
    """Each number as the macro reads it."""
    # other macros of the file call what only dbt knows; nobody calls those here
    macros = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL is no page
    expression = macros.from_string(MACROS.read_text()).module.normal_phone("number")  # type: ignore[attr-defined]
    with duckdb.connect() as connection:
        connection.execute("create table numbers (place integer, number varchar)")
        connection.executemany("insert into numbers values (?, ?)", list(enumerate(numbers)))
        rows = connection.execute(f"select {expression} from numbers order by place").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("0170 / 12 34-567", "01701234567"),
        ("(0170) 1234567", "01701234567"),
        (" 00 49 170 1234567", "+491701234567"),
        ("+49 1234567", "+491234567"),
        ("1234567", "1234567"),
        ("1111112", "1111112"),
        ("+12344444444", "+12344444444"),
        ("+299 12 34 56", "+299123456"),
        ("+690 1234", "+6901234"),
        ("12345", None),
        ("0000000", None),
        ("1111111", None),
        ("0111 1111", None),
        ("+49 12345", None),
        ("0049 123456", None),
        ("+491111111", None),
        ("+49 (0) 1111111", None),
        ("+10000000000", None),
        ("+353 9999999", None),
        ("+353 123456", None),
        ("+299 123", None),
        ("n/a", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_read_without_a_library(number: str | None, read: str | None) -> None:
    assert normal(number) == [read]


def test_the_macro_judges_all_country_codes_as_the_reader_does() -> None:
    """Numbers that are just long enough, a digit too short, and of one digit."""
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    numbers = [
        f"+{code}{national}"
        for code in codes
        for national in ("2345678", "234567", "23456", "3" * 7, "3" * 10, "0" * 9, "2333333333")
    ]
    nobodys = [number for number, read in zip(numbers, normal(*numbers), strict=True) if not read]
    told = set(e164(pl.Series(numbers)).drop_nulls())

    assert [number for number in nobodys if number in told] == []
    # a number of no country is not told either; the macro knows of none
    assert len(nobodys) > 4 * len(codes)
    assert all(f"+{code}{'3' * 10}" in nobodys for code in codes)
    assert all(f"+{code}2345678" not in nobodys for code in codes)
