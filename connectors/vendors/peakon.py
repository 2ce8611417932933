"""Peakon (Workday Peakon Employee Voice): pulses, and the teams that answered them.

    POST /auth/application    exchanges the application's key for a token of short life
    GET  /answers/export      -> pulse_answers, pulse_questions
    GET  /segments            -> teams

The respondent is hashed before anything is written; names, addresses and external ids of employees
are decoded by nothing here, and no raw page is kept. Employees are not read at all.
An answer names its segment, not the segment's id, so `team_ref` is the name. Segments that share a
name are teams by name and id, `Care (80)`; which of them an answer with that name is from nobody
tells, so those stand under the name alone, without head count and touchpoint. A segment that is
gone from the list, or has another name now, is a team no more.

Secrets: `token` of the application; `respondent_key`, see docs/add-a-source.md.
Evidence: vendor description (Peakon's OpenAPI); how the export pages on is documentation only.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors.cursors import Batch, Opaque, Reading, Snapshot
from connectors.cursors.batch import no_progress
from connectors.errors import FixConfiguration
from connectors.http import Api, Missing, Rate, Secret, Vendor
from connectors.records import also
from connectors.stream import Column, Hashed, Rows, Stream
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.mapping import given, renamed, text
from connectors.vendors.reading import each, one, spliced, told

_PAGE = 1000
_TYPES = {
    "scale": "rating",
    "likert": "rating",
    "text": "text",
    "open": "text",
    "multiple-choice": "choice",
    "choice": "choice",
    "number": "number",
}


@also(
    "answerText answerLocale answerSkipReason categoryGroup categoryId companyId "
    "responseId roundEnd roundOpensAt roundType scheduleId accountEmail employeeExternalId"
)
class Answer(msgspec.Struct, rename="camel"):
    answer_id: int
    employee_id: str
    question_id: str
    round_id: int
    response_answered_at: datetime
    answer_score: float | None = None
    answer_comment: str | None = None
    question_text: str | None = None
    question_type: str | None = None
    category_standard: str | None = None
    schedule_context_name: str | None = None


class AnswerExport(msgspec.Struct):
    id: str
    attributes: Answer
    type: str | None = None


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


def _answer(name: str) -> str:
    return f"attributes.{name}"


_KEYS: Mapping[str, Column] = {
    "pulse_id": text(_answer("round_id")),
    "question_id": _answer("question_id"),
}
ANSWERS = Stream(
    record=AnswerExport,
    tables={
        "pulse_answers": {
            **_KEYS,
            "respondent_hash": Hashed(_answer("employee_id")),
            "team_ref": _answer("schedule_context_name"),
            "value_number": _answer("answer_score"),
            "value_text": given(_answer("answer_comment")),
            "answered_at": _answer("response_answered_at"),
            "updated_at": _answer("response_answered_at"),
        },
        "pulse_questions": Rows(
            distinct=True,
            columns={
                **_KEYS,
                "question_text": _answer("question_text"),
                "question_type": renamed(_answer("question_type"), _TYPES, "other"),
                "driver": _answer("category_standard"),
            },
        ),
    },
    left_out=frozenset({_answer("accountEmail"), _answer("employeeExternalId")}),
)
TEAMS = Stream(
    record=SegmentRecord,
    tables={
        "teams": {
            "team_ref": "ref",
            "name": "ref",
            "parent_team_ref": "parent",
            "touchpoint": _answer("touchpoint"),
            "headcount": _answer("employee_count"),
            "_deleted": "gone",
        }
    },
)


class _Named(msgspec.Struct):
    id: str
    attributes: Segment


class _Ref(msgspec.Struct):
    ref: str = msgspec.field(name="_ref")


class _Links(msgspec.Struct):
    next: str | None = None


class _Page(msgspec.Struct):
    data: list[msgspec.Raw] = []
    links: _Links = msgspec.field(default_factory=_Links)


class _Token(msgspec.Struct):
    id: str


class _Granted(msgspec.Struct):
    data: _Token


def _answers(api: Api, after: str | None, _since: datetime) -> Batch:
    """A page of answers, oldest first; the last page is read again until it is full."""
    page = api.get("answers/export", _Page, per_page=_PAGE, continuation=after)
    following = page.links.next and parse_qs(urlsplit(page.links.next).query)["continuation"][0]
    return Batch(page.data, next=following, done=following is None)


def _segments(api: Api, _at: str | None, _reading: Reading) -> Batch:
    """All segments, each as a team and with the one above it, which may stand on another page."""
    found = list(_listed(api, "segments"))
    glances = each(found, _Named)
    refs = _refs({segment.id: segment.attributes.name for segment in told(glances)})
    records = []
    for record, glance in zip(found, glances, strict=True):
        own = spliced(record, "_ref", refs[glance.id]) if glance else bytes(record)
        parent = refs.get(str(glance.attributes.parent_id)) if glance else None
        records.append(spliced(own, "_parent", parent) if parent else own)
    return Batch(records, done=True)


def _refs(names: Mapping[str, str]) -> dict[str, str]:
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
        page = api.get(at, _Page)
        yield from page.data
        at = page.links.next
        if at in asked:
            raise no_progress(api.where)


def _team(record: bytes) -> str | None:
    segment = one(record, _Ref)
    return None if segment is None else segment.ref


def _gone(team: str, _api: Api) -> bytes:
    """A team that no segment is any more."""
    return msgspec.json.encode({"_gone": True, "_ref": team, "id": "", "attributes": {"name": ""}})


@dataclass
class Session:
    """Exchanges the application's key for a token, once for all streams, and anew when it dies."""

    key: Secret
    _token: str | None = field(default=None, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _asking: bool = False

    def headers(self, api: Api) -> Mapping[str, str]:
        """`Authorization: Bearer …`; none on the request that asks for the token."""
        with self._lock:
            if self._asking:
                return {}
            if self._token is None:
                self._token = self._exchange(api)
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Forget a refused token, once for all streams: the next request asks for another."""
        used = refused.get("Authorization")
        with self._lock:
            if used == f"Bearer {self._token}":
                self._token = None
        # without a token it was the application's key that was refused
        return used is not None

    def _exchange(self, api: Api) -> str:
        self._asking = True
        try:
            body = {"token": self.key.reveal()}
            return api.post("auth/application", _Granted, body=body).data.id
        except Missing:
            pass
        finally:
            self._asking = False
        raise FixConfiguration(
            "VENDOR-CREDENTIALS",
            f"{api.where}, secrets.token",
            "Peakon does not know this application",
            "Check the variable that `secrets` names, and `url`.",
        )


def _auth(secrets: Mapping[str, Secret]) -> Session:
    return Session(secrets["token"])


def _endpoints(_options: Options) -> dict[str, Endpoint]:
    return {
        "answers": Endpoint(ANSWERS, Opaque(_answers, rereads_last=True)),
        "segments": Endpoint(TEAMS, Snapshot(_segments, key=_team, gone=_gone)),
    }


CONNECTOR = Connector(
    vendor=Vendor("Peakon", rates={"default": Rate(60, 60)}, ping="segments"),
    secrets=("token", "respondent_key"),
    auth=_auth,
    endpoints=_endpoints,
    base="api/v1",
)
