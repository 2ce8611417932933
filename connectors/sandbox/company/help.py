"""Asking for help: who does, how long they wait, and whether it helped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from connectors.sandbox.company.experience import Parcel
from connectors.sandbox.company.plan import DAY, EFFECTS, HOUR, LATE, Plan

# by theme: the chance to ask for help
ASKS = np.array([0.3, 0.55, 0.6, 0.14, 0.62, 0.28, 0.022])
EMAIL, WEB, CHAT, VOICE, SOCIAL = range(5)
CHANNELS = ("email", "web", "chat", "voice", "social")
SLOW = 14 * HOUR
QUICK = HOUR + HOUR // 2


def seek_help(
    plan: Plan, rng: Generator, parcel: Parcel, before: NDArray[np.float64]
) -> dict[str, Any]:
    """One possible call for help an order.

    `asks`, `asked` (when), `wait` (working seconds until an answer), `reopens`, and the `effect`
    in points, which is 0 for those who do not ask.
    """
    count = len(before)
    theme = parcel["theme"]
    asks = rng.random(count) < ASKS[theme]
    early = parcel["delivered"] - rng.integers(6 * HOUR, 3 * DAY, count)
    later = parcel["delivered"] + rng.gamma(1.3, 14 * HOUR, count).astype(np.int64) + HOUR // 3
    asked = np.where((theme == LATE) & (rng.random(count) < 0.8), early, later)
    channel = rng.choice(5, count, p=[0.5, 0.2, 0.14, 0.13, 0.03])
    live = (channel == CHAT) | (channel == VOICE)
    # who calls or chats does so while somebody is there
    asked = np.where(live, plan.hours.add(asked, rng.integers(0, 3 * HOUR, count)), asked)
    wait = np.where(live, rng.gamma(1.5, 240, count), rng.lognormal(9.4, 1.05, count))
    wait = np.where(theme == LATE, wait * 1.3, wait).astype(np.int64) + 45
    reopens = asks & (rng.random(count) < np.where(wait > SLOW, 0.2, 0.07))
    effect = (
        (wait > SLOW) * EFFECTS["slow_reply"]
        + (wait < QUICK) * EFFECTS["quick_reply"]
        + reopens * EFFECTS["reopened"]
    )
    return {
        "asks": asks,
        "asked": asked,
        "channel": channel,
        "wait": wait,
        "reopens": reopens,
        "effect": asks * effect,
    }
