"""Qualtrics, as far as connectors read it: `/qualtrics/API/v3/…`.

Surveys and their definitions, distributions with their history, directory contacts, and the
response export job. Not there: in-progress responses, SPSS and XML exports, event subscriptions.
"""

from __future__ import annotations

import re

from connectors.sandbox.vendors.limits import Window
from connectors.sandbox.vendors.protocol import Route, Vendor

from .distributions import (
    contact,
    contacts,
    directories,
    distribution,
    distributions,
    history,
    whoami,
)
from .errors import RESPONSES, refuse, scopes
from .exports import file, progress, response, start
from .surveys import definition, metadata, surveys

VENDOR = Vendor(
    name="qualtrics",
    prefix="/qualtrics/API/v3",
    routes=[
        Route("/whoami", whoami),
        Route("/surveys", surveys),
        Route("/surveys/{id}/export-responses", start, "POST", RESPONSES),
        Route("/surveys/{id}/export-responses/{job}", progress, scope=RESPONSES),
        Route("/surveys/{id}/export-responses/{file}/file", file, scope=RESPONSES),
        Route("/surveys/{id}/responses/{response}", response, scope=RESPONSES),
        Route("/surveys/{id}", metadata),
        Route("/survey-definitions/{id}", definition),
        Route("/distributions", distributions, scope=RESPONSES),
        Route("/distributions/{id}/history", history, scope=RESPONSES),
        Route("/distributions/{id}", distribution, scope=RESPONSES),
        Route("/directories", directories, scope=RESPONSES),
        Route("/directories/{directory}/contacts", contacts, scope=RESPONSES),
        Route("/directories/{directory}/contacts/{id}", contact, scope=RESPONSES),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(
        Window("qualtrics", 60, re.compile(".*")),
        Window("qualtrics_exports", 60, re.compile("/surveys/[^/]+/export-responses")),
    ),
)
