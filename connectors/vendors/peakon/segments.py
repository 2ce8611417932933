"""Segments: the teams that answered, each under a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec
import polars as pl

from connectors.cursors import Batch, Reading
from connectors.cursors.batch import no_progress
from connectors.http import Api
from connectors.records import also
from connectors.stream import Stream
from connectors.vendors.peakon.pages import Page
from connectors.vendors.reading import each, one, spliced, told


@also("type logo standard benchmarkType benchmarkId abbreviation direct identifier contextId")
class Segment(msgspec.Struct, rename="camel"):
    name: str
    employee_count: int | None = None
    parent_id: int | None = None
    touchpoint: str | None = None


@also("type relationships links")
class SegmentRecord(msgspec.Struct):
    id: str
    attributes: Segment
    ref: str | None = msgspec.field(default=None, name="_ref")
    parent: str | None = msgspec.field(default=None, name="_parent")
    gone: bool = msgspec.field(default=False, name="_gone")


# pages that were kept before names were told apart have no ref
_NAME = pl.coalesce("ref", "attributes.name")
TEAMS = Stream(
    record=SegmentRecord,
    tables={
        "teams": {
            "team_ref": _NAME,
            "name": _NAME,
            "parent_team_ref": "parent",
            "touchpoint": "attributes.touchpoint",
            "headcount": "attributes.employee_count",
            "_deleted": "gone",
        }
    },
)


class _Named(msgspec.Struct):
    id: str
    attributes: Segment


class _Ref(msgspec.Struct):
    ref: str = msgspec.field(name="_ref")


def segments(api: Api, _at: str | None, _reading: Reading) -> Batch:
    """All segments, each as a team and with the one above it, which may stand on another page."""
    found = list(_listed(api, "segments"))
    glances = each(found, _Named)
    refs = refs_of({segment.id: segment.attributes.name for segment in told(glances)})
    records = []
    for record, glance in zip(found, glances, strict=True):
        own = spliced(record, "_ref", refs[glance.id]) if glance else bytes(record)
        parent = refs.get(str(glance.attributes.parent_id)) if glance else None
        records.append(spliced(own, "_parent", parent) if parent else own)
    return Batch(records, done=True)


def refs_of(names: Mapping[str, str]) -> dict[str, str]:
    """Of each segment what it is called as a team: its name, and its id where others share it."""
    refs = dict(names)
    # a name that is made may be another one's already: ids tell them apart in the end
    while len(set(refs.values())) < len(refs):
        uses = Counter(refs.values())
        refs = {i: f"{ref} ({i})" if uses[ref] > 1 else ref for i, ref in refs.items()}
    return refs


def _listed(api: Api, path: str) -> Iterator[bytes]:
    """All records of a list, page after page."""
    asked: set[str] = set()
    at: str | None = path
    while at is not None:
        asked.add(at)
        page = api.get(at, Page)
        yield from page.data
        at = page.links.next
        if at in asked:
            raise no_progress(api.where)


def team(record: bytes) -> str | None:
    """Key of a segment."""
    segment = one(record, _Ref)
    return None if segment is None else segment.ref


def gone(name: str, _api: Api) -> bytes:
    """A team that no segment is any more."""
    return msgspec.json.encode({"_gone": True, "_ref": name, "id": "", "attributes": {"name": ""}})
