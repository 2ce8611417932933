"""App Store Connect, as far as connectors read it: `/app_store/v1/…`.

The app, its customer reviews and the responses to them. Not there: reviews per version, summaries,
anything that writes.
"""

from __future__ import annotations

import re

from connectors.sandbox.vendors.limits import Window
from connectors.sandbox.vendors.protocol import Route, Vendor

from .access import REVIEWS, refuse, scopes
from .reviews import apps, response, review, reviews


def _headers(limit: int, left: int, _reset: int) -> dict[str, str]:
    return {"X-Rate-Limit": f"user-hour-lim:{limit};user-hour-rem:{left};"}


VENDOR = Vendor(
    name="app_store",
    prefix="/app_store/v1",
    routes=[
        Route("/apps", apps, scope=REVIEWS),
        Route("/apps/{id}/customerReviews", reviews, scope=REVIEWS),
        Route("/customerReviews/{id}", review, scope=REVIEWS),
        Route("/customerReviews/{id}/response", response, scope=REVIEWS),
    ],
    scopes=scopes,
    refuse=refuse,
    windows=(Window("app_store", 3600, re.compile(".*"), _headers),),
)
