"""Altair charts as SVG that stands in a page: no fixed size, no fixed colours, no other fonts.

Altair and vl-convert are imported when the first chart is drawn: whoever looks at a published
version, or runs with nothing new, does without them.
"""

from __future__ import annotations

import json
import math
import re
from calendar import timegm
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from orchestration.report.drawings.html import render
from orchestration.report.tokens import LIGHT, variable

if TYPE_CHECKING:
    import altair as alt

_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)" viewBox="([^"]+)">')
_BACKGROUND = re.compile(r'<rect width="[\d.]+" height="[\d.]+" fill="white"\s*/>')
_NOISE = re.compile(
    r' (?:class|role|aria-[a-z]+|pointer-events|stroke-miterlimit|font-family)="[^"]*"'
)
_EMPTY = re.compile(r'<path d="M0,0h0v0h0Z"\s*/>|<path (?:d="[^"]*" )?display="none"[^>]*/>')
_DIGITS = re.compile(r"(\d+\.\d{2})\d+")
_COLOURS = {value: variable(name) for name, value in LIGHT.items()}

ROWS = "rows"
"""Name of a chart's rows in its specification."""
_NARROW = 400
"""Width up to which a chart may shrink with the page; wider ones are scrolled on a phone."""
_WIDE = 'class="wide"'
SIZE = 11
"""Of letters in charts, in pixels at full size."""


@dataclass(frozen=True)
class Chart:
    """A chart, and the rows that it speaks of as `ROWS`.

    They are kept apart because Altair copies what it is given with every encoding.
    """

    spec: alt.LayerChart
    rows: list[dict[str, object]]


def begin() -> None:
    """Import Altair and start vl-convert, which takes a second or two, before there are charts."""
    import altair as alt  # noqa: PLC0415 - see above

    layer: Any = alt.layer
    points = alt.Chart(alt.NamedData(ROWS)).mark_point().encode(x=months(alt, []))
    _draw(Chart(layer(points), [{"month": "2024-01-01"}]))


def picture(charts: list[Chart], name: str) -> Markup:
    """Charts as one picture, named by the title of its figure; narrow ones side by side."""
    panels = [_draw(chart) for chart in charts]
    side_by_side = len(panels) > 1 and not any(_WIDE in panel for panel in panels)
    return render("picture.html", name=name, panels=panels, side_by_side=side_by_side)


def _draw(chart: Chart) -> Markup:
    spec = chart.spec.to_dict(validate=False)
    whole = {**spec, "datasets": {ROWS: chart.rows}, "config": _style()}
    return _svg(json.dumps(whole, sort_keys=True))


@lru_cache(maxsize=256)
def _svg(spec: str) -> Markup:
    """The same chart on two pages is drawn once."""
    import vl_convert  # noqa: PLC0415 - see above

    return Markup(_tidy(vl_convert.vegalite_to_svg(spec)))  # noqa: S704 - labels are escaped by Vega


def _tidy(svg: str) -> str:
    """Colours by name, size by the page, and nothing that says the same twice."""
    found = _SIZE.match(svg)
    assert found is not None  # noqa: S101 - vl-convert's own head
    width = float(found[1])
    wide = f" {_WIDE}" if width > _NARROW else ""
    head = f'<svg{wide} viewBox="{found[3]}" style="max-width:{width:.0f}px" focusable="false">'
    body = _BACKGROUND.sub("", svg[found.end() :], count=1)
    body = _EMPTY.sub("", _NOISE.sub("", body))
    for colour, name in _COLOURS.items():
        body = body.replace(f'"{colour}"', f'"{name}"')
    return head + _DIGITS.sub(r"\1", body)


_CLOCK_STEPS = [
    *(1, 2, 5, 10, 15, 30),
    *(60 * hours for hours in (1, 2, 3, 6, 12)),
    *(1440 * days for days in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
]
"""Minutes between the marks of an axis of durations."""


def _style() -> dict[str, object]:
    """One look for all charts."""
    text = {"labelColor": LIGHT["soft"], "titleColor": LIGHT["soft"]}
    sizes = {"labelFontSize": SIZE, "titleFontSize": SIZE, "titleFontWeight": "normal"}
    axis = {"domain": False, "ticks": False, "gridColor": LIGHT["line"], "labelPadding": 6}
    return {
        "aria": False,
        "background": None,
        "font": "Arial",
        "view": {"stroke": None},
        "axis": {**text, **sizes, **axis},
        "axisX": {"grid": False, "domain": True, "domainColor": LIGHT["line"]},
        "title": {
            "color": LIGHT["ink"],
            "fontSize": SIZE + 1,
            "fontWeight": "bold",
            "anchor": "start",
        },
    }


def months(alt: Any, of: Sequence[date], *, ticks: int = 12) -> Any:
    """An axis from the first to the last of some months, in UTC whatever the machine's zone."""
    ends = [min(of), max(of)] if of else []
    scale: dict[str, Any] = {"type": "utc"}
    if ends:
        scale["domain"] = [timegm(end.timetuple()) * 1000 for end in ends]
    axis = {"format": "%b %y", "title": None, "labelOverlap": True, "tickCount": ticks}
    return alt.X("month:T", timeUnit="utcyearmonth", scale=scale, axis=axis)


def values(alt: Any, column: str, domain: list[float], unit: str, *, ticks: int = 5) -> Any:
    """An axis of a metric's values."""
    scale = {"domain": domain, "zero": False, "nice": False}
    at: dict[str, Any] = {"tickCount": ticks}
    if unit == "minutes":
        at = {"values": clock_ticks(domain, ticks)}
    axis = {**at, "labelExpr": axis_label(unit), "title": None}
    return alt.Y(f"{column}:Q", scale=scale, axis=axis)


def clock_ticks(domain: list[float], ticks: int) -> list[int]:
    """Whole minutes, hours or days, about so many: Vega would count minutes in tens."""
    low, high = domain
    step = next((s for s in _CLOCK_STEPS if (high - low) / s <= ticks), _CLOCK_STEPS[-1])
    return list(range(math.ceil(low / step) * step, math.floor(high) + 1, step))


def axis_label(unit: str) -> str:
    """Vega's expression for the labels of an axis of values."""
    if unit == "minutes":
        return (
            "datum.value < 120 ? datum.value + ' min' : datum.value < 2880 "
            "? format(datum.value / 60, '.3~r') + ' h' : format(datum.value / 1440, '.3~r') + ' d'"
        )
    return "datum.label + ' %'" if unit == "percent" else "datum.label"
