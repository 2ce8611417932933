"""Charts are what Vega-Lite's schema allows: it draws what it does not know without a word."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from markupsafe import Markup
from small_company import company

from orchestration.report.build import build
from orchestration.report.drawings import ribbon_charts, starts, svg

pytestmark = pytest.mark.slow


def test_every_chart_keeps_to_the_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[svg.Chart] = []

    def collect(chart: svg.Chart) -> Markup:
        drawn.append(chart)
        return Markup()

    monkeypatch.setattr(svg, "_draw", collect)

    build(company(tmp_path).settings)

    assert len(drawn) > 20
    for chart in drawn:
        chart.spec.to_dict(validate=True)


def test_panels_cover_the_same_months_whichever_they_have() -> None:
    rows = [
        {"panel": panel, "period_start": date(2024, month, 1), "value": 1, "low": 0, "high": 2}
        for panel, month in (("long", 1), ("long", 5), ("short", 3))
    ]
    charts = ribbon_charts(rows, "panel", ("value", "low", "high"), "points", starts(rows))
    spans = [chart.spec.to_dict(validate=False)["layer"][0]["encoding"]["x"] for chart in charts]

    assert len(charts) == 2
    assert [span["scale"]["domain"] for span in spans] == [[1704067200000, 1714521600000]] * 2
