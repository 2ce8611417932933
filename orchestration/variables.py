"""Variables that begin with EARFUL_: which of them something reads."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches

from orchestration.settings import Settings

_OTHERS = {
    "EARFUL_CONFIG",
    "EARFUL_PUBLISHED",
    "EARFUL_RECORDINGS",
    "EARFUL_RESPONDENT_KEY",
    "EARFUL_SANDBOX",
    "EARFUL_TARGET",
}
"""Read by dbt's profile, the demo, the tests or the command line, and no settings."""


def known(settings: Settings) -> set[str]:
    """Every such variable that is a setting, is read by our code, or stands in a source's YAML."""
    sources = "".join(
        file.read_text(errors="replace") for file in settings.sources.glob("*/defs.yaml")
    )
    return {
        *(f"EARFUL_{name.upper()}" for name in Settings.model_fields),
        *settings.dbt_environment,
        *re.findall(r"EARFUL_\w+", sources),
        settings.erasure_key,
        *_OTHERS,
    }


def unread(settings: Settings) -> dict[str, str | None]:
    """Variables that are set and that nothing reads, each with the one that may be meant."""
    names = known(settings)
    return {
        # settings are read in small letters too
        name: next(iter(get_close_matches(name.upper(), names, n=1, cutoff=0.8)), None)
        for name in sorted(os.environ)
        if name.upper().startswith("EARFUL_") and name.upper() not in names
    }
