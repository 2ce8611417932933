"""Peakon (Workday Employee Voice), as far as connectors read it: `/peakon/api/v1/…`.

Answers, employees and segments. Questions have no route of their own: every answer brings its
question along. Not there: scores, drivers, engagement and actions.
"""

from __future__ import annotations

import re

from connectors.sandbox.vendors.limits import Window
from connectors.sandbox.vendors.protocol import Route, Vendor

from .access import ANSWERS, authenticate, refuse, scopes
from .answers import answers
from .people import employee, employees, segments

VENDOR = Vendor(
    name="peakon",
    prefix="/peakon/api/v1",
    routes=[
        Route("/auth/application", authenticate, "POST"),
        Route("/answers/export", answers, scope=ANSWERS),
        Route("/employees", employees),
        Route("/employees/{id}", employee),
        Route("/segments", segments),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(Window("peakon", 60, re.compile(".*")),),
)
