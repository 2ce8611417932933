"""How values are written: one way for each kind, the same in charts, tables and sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from orchestration.report.config import Config
from orchestration.report.figure import Row

THIN = "\u202f"
"""Narrow space that no line breaks at."""
_HOUR, _DAY = 60, 1440
_FLAGS = {"too_few": "too few", "open_ended": "no end yet", "suppressed": "hidden"}
_FEW = 2
"""Percent from an end within which a whole number would read as if it were the end."""

IN_UNIT = {
    *("value", "interval_low", "interval_high", "whole", "mean", "lower_limit", "upper_limit"),
    *("change", "change_low", "change_high", "before", "whole_low", "whole_high"),
    *("year_change", "year_change_low", "year_change_high", "year_before"),
}
"""Columns that hold a value of the metric that their row names."""
_ON_SCALE = {"score", "scale_max", "last_nps"}
"""Columns that hold an answer as it was given."""
_IN_PERCENT = ("share", "_rate", "share_low", "share_high", "rate_low", "rate_high", "_percent")


def number(value: float | None, unit: str, *, signed: bool = False) -> str:
    """A value of a metric."""
    if value is None:
        return "–"
    if unit == "minutes":
        return _sign(value, signed=signed) + duration(abs(value))
    text = f"{abs(value):,.{_digits(value, unit)}f}"
    sign = _sign(value, signed=signed) if float(text.replace(",", "")) else ""
    return sign + text + _tail(unit, signed=signed)


def _digits(value: float, unit: str) -> int:
    if unit in ("mean", "per_100"):
        return {"mean": 2, "per_100": 1}[unit]
    is_near_an_end = 0 < abs(value) < _FEW or 100 - _FEW < value < 100  # noqa: PLR2004 - percent
    return 1 if unit == "percent" and is_near_an_end else 0


def _tail(unit: str, *, signed: bool) -> str:
    """The difference of two percentages is no percentage."""
    return f"{THIN}{'pp' if signed else '%'}" if unit == "percent" else ""


def interval(low: float | None, high: float | None, unit: str, *, signed: bool = False) -> str:
    """Both ends of an interval."""
    if low is None or high is None:
        return "–"
    ends = [number(end, unit, signed=signed) for end in (low, high)]
    ends[0] = ends[0].removesuffix(_tail(unit, signed=signed)) if unit == "percent" else ends[0]
    return f"{ends[0]} to {ends[1]}"


def count(value: int | None) -> str:
    """How many."""
    return "–" if value is None else f"{value:,}"


def money(value: Decimal) -> str:
    """An amount that may be a loss, in whole units of its currency."""
    return f"{_sign(float(round(value)), signed=True)}{abs(value):,.0f}"


def duration(minutes: float) -> str:
    """A stretch of time in the unit in which it is spoken of."""
    if minutes < 2 * _HOUR:
        return f"{minutes:.0f}{THIN}min" if minutes >= 1 or not minutes else f"<{THIN}1{THIN}min"
    if minutes < 2 * _DAY:
        return f"{minutes / _HOUR:.1f}{THIN}h"
    return f"{minutes / _DAY:,.1f}{THIN}d"


def month(day: date | None) -> str:
    """`Jul 2026`."""
    return f"{day:%b %Y}" if day else "–"


def cell(value: Any, column: str, row: Row, config: Config) -> str:  # noqa: ANN401, PLR0911 - a line a kind
    """A value as a table shows it."""
    if value is None:
        return "–"
    if column == "metric":
        return config.words(str(value)).label
    if column in _SPOKEN:
        return _SPOKEN[column](str(value), config)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return month(value) if row.get("period_grain") == "month" or value.day == 1 else f"{value}"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if column in _ON_SCALE:
        return f"{value:g}"
    if isinstance(value, float | Decimal):
        return _measure(float(value), column, row, config)
    return str(value)


def flag(value: str) -> str:
    """Why a number is not told."""
    return _FLAGS.get(value, plain(value))


def plain(name: str) -> str:
    """A name that a system gave, as it is read."""
    return name.replace("_", " ")


def _labels(metrics: str, config: Config) -> str:
    return "; ".join(config.words(metric).label for metric in metrics.split(", "))


_SPOKEN: dict[str, Callable[[str, Config], str]] = {
    "metrics": _labels,
    "flag": lambda value, _: flag(value),
    "topic": lambda value, _: plain(value),
}
"""Columns of names, by how these are read."""


def _measure(value: float, column: str, row: Row, config: Config) -> str:
    if "metric" in row and column in IN_UNIT:
        return number(value, config.words(row["metric"]).unit, signed="change" in column)
    if column.endswith(_IN_PERCENT):
        return number(value, "percent")
    if column.endswith(("minutes", "past_promise")):
        return duration(value)
    if "days" in column:
        return f"{value:,.1f}{THIN}d"
    return number(value, "per_100")


def _sign(value: float, *, signed: bool) -> str:
    return "−" if value < 0 else "+" if signed and value > 0 else ""
