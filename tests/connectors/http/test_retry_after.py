"""Every way in which vendors say how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.http.retry_after import wait_seconds

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": " 2 "}, 2),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": date(90)}, 90),
        ({"retry-after": date(-90)}, 0),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 -0000"}, 30),
        ({"retry-after": "Sunday, 01-Mar-26 12:00:30 GMT"}, 30),
        ({"retry-after": "Sun Mar  1 12:00:30 2026"}, 30),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Sun, 99 Foo 2026 12:00:30 GMT"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, 366 * 86_400),
        ({"retry-after": "999999999"}, 366 * 86_400),
        ({"x-ratelimit-reset": "1e300"}, 366 * 86_400),
        ({"retry-after": str(EPOCH + 40)}, 40),
        ({"x-ratelimit-reset": str(EPOCH + 7)}, 7),
        ({"x-ratelimit-reset": f"{EPOCH + 7}.5"}, 7.5),
        ({"x-ratelimit-reset": str((EPOCH + 7) * 1000)}, 7),
        ({"x-ratelimit-reset": str(EPOCH - 7)}, 0),
        ({"x-ratelimit-reset": "13"}, 13),
        ({"ratelimit-reset": "13"}, 13),
        ({"x-rate-limit-reset": "13"}, 13),
        ({"x-ratelimit-retry-after": "4"}, 4),
        ({"x-rate-limit": "user-hour-lim:3500;user-hour-rem:0;"}, None),
        (
            {
                "x-ratelimit-app-global-minute-remaining": "0",
                "x-ratelimit-app-global-minute-reset": "31",
                "x-ratelimit-app-global-day-remaining": "400",
                "x-ratelimit-app-global-day-reset": "72000",
            },
            31,
        ),
        (
            {
                "x-ratelimit-app-global-minute-remaining": "0",
                "x-ratelimit-app-global-minute-reset": "31",
                "x-ratelimit-app-global-day-remaining": "0",
                "x-ratelimit-app-global-day-reset": "72000",
            },
            72000,
        ),
        (
            {
                "x-ratelimit-app-global-day-remaining": "7",
                "x-ratelimit-app-global-day-reset": "72000",
            },
            None,
        ),
        ({"retry-after": "2", "x-ratelimit-reset": str(EPOCH + 60)}, 2),
        ({"retry-after": "soon", "x-ratelimit-reset": str(EPOCH + 60)}, 60),
        ({"x-ratelimit-retry-after": "3", "x-ratelimit-reset": "60"}, 3),
    ],
    ids=repr,
)
def test_a_wait_is_read_in_whatever_form_it_comes(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_seconds(headers, NOW) == (None if seconds is None else pytest.approx(seconds))
