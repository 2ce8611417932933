"""Public holidays, by the `holidays` library, imported only where a calendar has a country."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date
from functools import cache

NONE: frozenset[date] = frozenset()


@cache
def regions() -> dict[str, list[str]]:
    """Countries whose holidays are known, ISO 3166-1, each with its subdivisions."""
    from holidays import list_supported_countries  # noqa: PLC0415 - a third of a second to import

    return list_supported_countries()


def of(country: str, subdivision: str, years: Iterable[int]) -> Container[date]:
    """Holidays of a country or a part of it; none without a country."""
    if not country:
        return NONE
    from holidays import country_holidays  # noqa: PLC0415 - as above

    return frozenset(country_holidays(country, subdiv=subdivision or None, years=years))
