"""Whether the published version shows everything that raw holds, through today's models."""

from __future__ import annotations

from datetime import datetime

from orchestration.dbt import manifest as dbt_manifest
from orchestration.publishing.versions import FILE, Versions, began
from orchestration.settings import Settings
from orchestration.warehouse import connect, erasures


def is_current(settings: Settings) -> bool:
    """True where building and publishing again would change nothing but the date.

    The newest version counts, though readers may have been taken back to one before it: what was
    withdrawn does not come again by itself.
    """
    names = Versions(settings.published).names()
    if not names:
        return False
    erased_at = last_erasure(settings)
    if erased_at is not None and began(names[-1]) < erased_at:
        return False
    newest = settings.published / "versions" / names[-1] / FILE
    with connect(newest, read_only=True) as connection:
        row = connection.execute("select loaded_until, model_fingerprint from about").fetchone()
    return row == (loaded_until(settings), dbt_manifest.fingerprint(settings))


def last_erasure(settings: Settings) -> datetime | None:
    """When people were last erased, naive UTC."""
    with connect(settings.warehouse, read_only=True) as connection:
        return erasures.last(connection)


def loaded_until(settings: Settings) -> datetime | None:
    """Time of the newest load in the warehouse."""
    with connect(settings.warehouse, read_only=True) as connection:
        row = connection.execute("select max(loaded_at) from raw._loads").fetchone()
    return row[0] if row else None
