"""Charts are what Vega-Lite's schema allows: it draws what it does not know without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from markupsafe import Markup
from small_company import company

from orchestration.report.build import build
from orchestration.report.drawings import svg

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
