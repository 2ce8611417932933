"""How results are drawn: tables with dots, heat maps, lists, and charts by Altair."""

from orchestration.report.drawings.control import control
from orchestration.report.drawings.dots import DotRow, DotTable, dots
from orchestration.report.drawings.heat import heat
from orchestration.report.drawings.html import render
from orchestration.report.drawings.lines import counts, ribbon_charts, ribbons, starts
from orchestration.report.drawings.strips import strips
from orchestration.report.drawings.table import table

__all__ = [
    "DotRow",
    "DotTable",
    "control",
    "counts",
    "dots",
    "heat",
    "render",
    "ribbon_charts",
    "ribbons",
    "starts",
    "strips",
    "table",
]
