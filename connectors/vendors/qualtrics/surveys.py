"""Surveys: which there are, and what each asks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from connectors.cursors import Batch, Reading
from connectors.http import Api, Missing
from connectors.vendors.reading import each, one, told


class Elements(msgspec.Struct, rename="camel"):
    elements: list[msgspec.Raw] = []
    next_page: str | None = None


class Listed(msgspec.Struct):
    """Envelope of Qualtrics' lists."""

    result: Elements


class _Defined(msgspec.Struct):
    result: msgspec.Raw


class _Id(msgspec.Struct):
    id: str


def listed(api: Api, path: str, **params: object) -> Iterator[bytes]:
    """All elements of a list, page after page."""
    at: str | None = None
    while True:
        page = api.get(path, Listed, **params) if at is None else api.get(at, Listed)
        yield from page.result.elements
        if page.result.next_page in (None, at):
            return
        at = page.result.next_page


def ids(api: Api) -> list[str]:
    """Surveys that the token may see; asked once a run."""
    found: list[str] = api.once(
        "surveys", lambda: [survey.id for survey in told(each([*listed(api, "surveys")], _Id))]
    )
    return found


def definitions(api: Api, at: str | None, reading: Reading) -> Batch:
    """One survey's definition; `at` is the place of the survey in the list."""
    surveys = list(reading.only) or ids(api)
    place = int(at or 0)
    if place >= len(surveys):
        return Batch([], done=True)
    try:
        records = [api.get(f"surveys/{quote(surveys[place], safe='')}", _Defined).result]
    except Missing:
        if reading.only:
            raise
        # deleted since the list was made
        records = []
    return Batch(records, next=str(place + 1), done=place + 1 == len(surveys))


def key(record: bytes) -> str | None:
    """Key of a survey."""
    survey = one(record, _Id)
    return None if survey is None else survey.id
