"""Responses, by the export job: start it, ask until it is ready, fetch the file, read its lines."""

from __future__ import annotations

import itertools
import re
import shutil
import time
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
import polars as pl

from connectors.cursors import Batch, Posted, Span
from connectors.errors import TryAgain
from connectors.http import Api, Missing
from connectors.landing.landed import Landed
from connectors.records import NULL, Open, also
from connectors.stream import Column, Rows, Stream
from connectors.vendors.connector import Options
from connectors.vendors.mapping import given, iso, plain, renamed
from connectors.vendors.reading import each, naive, one, spliced

_LINES = 5_000
_LONGEST = 3600.0
"""Seconds after which a job that is not ready is given up."""

_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
_TRIES = 3
_ANSWER = r"^QID\d+"
_ROW = re.compile(r"(QID\d+)(?:_(.+))?")
_DERIVED = "NPS_GROUP"
_CHANNELS = {
    "email": "email",
    "anonymous": "web",
    "preview": "web",
    "sms": "sms",
    "social": "social",
    "personal": "web",
}
_NOT_A_CUSTOMER = {1: "preview", 2: "preview", 9: "preview", 12: "preview", 16: "preview"}


class Values(Open, rename="camel"):
    """The fixed part of a response; its answers stand apart, see `_told`."""

    recorded_date: datetime
    start_date: datetime | None = None
    end_date: datetime | None = None
    status: int | None = None
    finished: int | None = None
    recipient_email: str | None = None
    external_data_reference: str | None = None
    distribution_channel: str | None = None
    user_language: str | None = None


@also("labels displayedFields displayedValues _embedded")
class Response(msgspec.Struct, rename="camel"):
    response_id: str
    values: Values
    answers: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="_answers")
    survey: str | None = msgspec.field(default=None, name="_survey")
    gone: bool = msgspec.field(default=False, name="_gone")
    lost: list[str] | None = msgspec.field(default=None, name="_lost")


def _question(key: pl.Expr) -> pl.Expr:
    return key.str.extract(r"^(QID\d+)")


def _item(key: pl.Expr) -> pl.Expr:
    """Row or choice; the words beside one are no second answer to it: `4_TEXT` beside `4`."""
    item = key.str.extract(r"^QID\d+_(.+)$").fill_null("")
    return pl.when(item != "TEXT").then(item).otherwise(pl.lit(""))


def _value(name: str) -> str:
    return f"values.{name}"


RESPONSES: dict[str, Column] = {
    "survey_id": "survey",
    "response_id": "response_id",
    "email": given(_value("recipient_email")),
    "external_id": given(_value("external_data_reference")),
    "started_at": _value("start_date"),
    "submitted_at": pl.coalesce(_value("end_date"), _value("recorded_date")),
    "status": pl.coalesce(
        pl.col(_value("status")).replace_strict(_NOT_A_CUSTOMER, default=None),
        pl.when(pl.col(_value("finished")) == 1)
        .then(pl.lit("completed"))
        .otherwise(pl.lit("partial")),
    ),
    "channel": renamed(_value("distribution_channel"), _CHANNELS, "other"),
    "language": given(_value("user_language")).str.to_lowercase(),
    # an edit keeps the date: the later load is the later version
    "updated_at": _value("recorded_date"),
    "_deleted": "gone",
}
_KEY = pl.col("answers.key")
_JSON = pl.col("answers.value")
_IS_LIST = _JSON.str.starts_with("[")
_OF: dict[str, Column] = {
    "survey_id": "survey",
    "response_id": "response_id",
    "answered_at": pl.coalesce(_value("end_date"), _value("recorded_date")),
    "updated_at": _value("recorded_date"),
    "_deleted": pl.lit(value=False),
}
_IS_ANSWER = _KEY.str.contains(_ANSWER) & ~_KEY.str.ends_with(_DERIVED) & (_JSON != "null")
_IS_TEXT = _KEY.str.ends_with("_TEXT")
ANSWERS = Rows(
    each="answers",
    where=_IS_ANSWER & ~_IS_LIST,
    columns={
        **_OF,
        "question_id": _question(_KEY),
        "item_id": _item(_KEY),
        "value_number": _JSON.str.extract(r"^(-?\d+(?:\.\d+)?)$").cast(pl.Float64),
        "value_text": pl.when(_IS_TEXT).then(plain("answers.value")),
        "value_choice": pl.when(~_IS_TEXT & _JSON.str.starts_with('"')).then(
            plain("answers.value")
        ),
    },
)
TICKED = Rows(
    each="answers",
    # decoded only where there is a list: anything else would be refused
    over=pl.when(_IS_ANSWER & _IS_LIST)
    .then(_JSON)
    .otherwise(pl.lit("[]"))
    .str.json_decode(pl.List(pl.String)),
    columns={**_OF, "question_id": _question(_KEY), "item_id": "item", "value_choice": "item"},
)
LOST = Rows(
    # of a deleted response all answers, of an edited one those that it does not give any more
    over=pl.col("lost"),
    columns={
        **_OF,
        "question_id": _question(pl.col("item")),
        "item_id": _item(pl.col("item")),
        "_deleted": pl.lit(value=True),
    },
)


def responses(options: Options) -> Stream:
    """The stream, with the tenant's own embedded data as columns."""
    # the names of embedded data are the tenant's own, blanks and all
    own = [
        (f"own_{column}", msgspec.Raw, msgspec.field(default=NULL, name=name))
        for column, name in options.custom.items()
    ]
    values = msgspec.defstruct("Values", own, bases=(Values,), kw_only=True)
    record = msgspec.defstruct("Response", [("values", values)], bases=(Response,), kw_only=True)
    custom = {column: plain(_value(f"own_{column}")) for column in options.custom}
    return Stream(
        record,
        {"survey_responses": {**RESPONSES, **custom}, "survey_answers": [ANSWERS, TICKED, LOST]},
        left_out=frozenset({"displayedFields", "displayedValues"}),
    )


class _Job(msgspec.Struct, rename="camel"):
    status: str
    progress_id: str | None = None
    file_id: str | None = None


class _Told(msgspec.Struct):
    result: _Job


class _Values(msgspec.Struct):
    values: dict[str, msgspec.Raw] = {}


class _When(msgspec.Struct, rename="camel"):
    recorded_date: datetime


class _Glance(msgspec.Struct, rename="camel"):
    response_id: str
    values: _When
    answers: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict, name="_answers")


def page(survey: str, api: Api, span: Span, after: str | None) -> Batch:
    """A page of a survey's responses that were recorded in a stretch of time.

    The whole export is one file. Where a run was cut off within it, its lines need not stand in
    the order in which they did: it is read again from the first.
    """
    stretch = f"{span.since:%Y%m%d%H%M%S}-{span.until:%Y%m%d%H%M%S}"
    folder = api.connection.workplace()
    target = folder / f"{api.where}-{quote(survey, safe='')}-{stretch}.ndjson"
    position, _, of = (after or "0").partition("@")
    begin = int(position)
    if of != folder.name or not target.exists():
        # a position is one within the file of its run
        begin = 0
        _fetch(api, survey, span, target)
    with target.open("rb") as lines:
        lines.seek(begin)
        taken = list(itertools.islice(lines, _LINES))
    done = len(taken) < _LINES
    if done:
        target.unlink()
    # between responses the export has lines that hold nothing
    records = [_told(line, survey) for line in map(bytes.strip, taken) if line not in (b"", b"{}")]
    return Batch(records, next=f"{begin + sum(map(len, taken))}@{folder.name}", done=done)


def _unpacked(archive: Path, target: Path) -> bool:
    """Unpack an export; False where it is no whole archive: a page for people may come instead."""
    unpacked = target.with_suffix(".unpacked")
    try:
        with zipfile.ZipFile(archive) as files, unpacked.open("wb") as file:
            for name in files.namelist()[:1]:
                with files.open(name) as packed:
                    shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        unpacked.unlink(missing_ok=True)
        return False
    unpacked.rename(target)
    return True


def _fetch(api: Api, survey: str, span: Span, target: Path) -> None:
    """Run an export, and put its file into `target`; a job that fails is started anew."""
    path = f"surveys/{quote(survey, safe='')}/export-responses"
    body = {
        "format": "ndjson",
        "startDate": iso(span.since),
        "endDate": iso(span.until),
        "compress": True,
    }
    for _ in range(_TRIES):
        job = api.of_class("export").post(path, _Told, body=body).result
        file = _ready(api, f"{path}/{job.progress_id}")
        if file is not None:
            archive = target.with_suffix(".zip")
            api.download(f"{path}/{file}/file", archive)
            is_whole = _unpacked(archive, target)
            archive.unlink()
            if is_whole:
                return
    raise TryAgain(
        "VENDOR-EXPORT",
        f"{api.where} ({path})",
        f"Qualtrics failed to export the responses, {_TRIES} times",
        "Run again later; what has landed stays.",
    )


def _ready(api: Api, path: str) -> str | None:
    """File of a job once it is complete; None where it failed."""
    began = time.monotonic()
    for pause in itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1])):
        job = api.get(path, _Told).result
        # percentComplete says 100 before the file is there
        if job.status == "complete":
            return job.file_id
        if job.status == "failed" or time.monotonic() - began > _LONGEST:
            return None
        time.sleep(pause)
    return None


def _told(record: bytes, survey: str) -> bytes:
    """A response with its answers apart from the fixed part, and the survey that it answers."""
    glance = one(record, _Values)
    if glance is None:
        return record
    values = glance.values
    known = {f.encode_name for f in msgspec.structs.fields(Values)}
    answers = {name: value for name, value in values.items() if name.startswith("QID")}
    embedded = {n: v for n, v in values.items() if n not in known and n not in answers}
    of_survey = spliced(record, "_survey", survey)
    return spliced(spliced(of_survey, "_embedded", embedded), "_answers", answers)


def posted(records: Sequence[bytes]) -> list[Posted | None]:
    """Id and time of recording of each response."""
    return [
        Posted(glance.response_id, naive(glance.values.recorded_date), " ".join(_parts(glance)))
        if glance
        else None
        for glance in each(records, _Glance)
    ]


def _parts(response: _Glance) -> Iterator[str]:
    """What the rows of a response's answers are known by: question, and row or choice."""
    for key, value in response.answers.items():
        if key.endswith(_DERIVED) or bytes(value) == b"null":
            continue
        if not bytes(value).startswith(b"["):
            yield key
            continue
        ticked = msgspec.json.decode(value)
        yield from (f"{key}_{item}" for item in ticked if isinstance(item, str))


def lost(record: bytes, parts: Sequence[str]) -> bytes:
    """A response, with the answers that it does not give any more."""
    return spliced(record, "_lost", parts)


def gone(survey: str, response: str, recorded: datetime, _api: Api) -> bytes:
    """A record of ours in the vendor's shape: the response is in no export any more."""
    values = {"recordedDate": recorded.replace(tzinfo=UTC)}
    told = {"_gone": True, "_survey": survey, "responseId": response, "values": values}
    return msgspec.json.encode(told)


def listed(api: Api, survey: str, span: Span, after: str | None) -> Batch:
    """See `page`."""
    return page(survey, api, span, after)


def with_lost(_api: Api, survey: str, records: Sequence[bytes], landed: Landed) -> Sequence[bytes]:
    """Responses, with the answers that landed of them and that they do not give any more."""
    glances = dict(zip(records, each(records, _Glance), strict=True))
    held = _held(survey, [glance.response_id for glance in glances.values() if glance], landed)
    without = {
        record: sorted(held[glance.response_id] - set(map(_row, _parts(glance)))) if glance else []
        for record, glance in glances.items()
    }
    return [lost(record, parts) if parts else record for record, parts in without.items()]


def all_gone(
    api: Api, survey: str, missing: Mapping[str, datetime], landed: Landed
) -> Sequence[bytes]:
    """Records of ours for those of the missing responses that are really not there any more."""
    held = _held(survey, [*missing], landed)
    return [
        lost(gone(survey, response, recorded, api), sorted(held[response]))
        for response, recorded in missing.items()
        if not _is_there(api, survey, response)
    ]


def _is_there(api: Api, survey: str, response: str) -> bool:
    path = f"surveys/{quote(survey, safe='')}/responses/{quote(response, safe='')}"
    try:
        api.get(path, msgspec.Raw)
    except Missing:
        return False
    return True


def _row(part: str) -> str:
    """Part of a response as the row of its answer is known: see `_question` and `_item`."""
    found = _ROW.match(part)
    question, item = found.groups(default="") if found else (part, "")
    return f"{question}_{item}" if item not in ("", "TEXT") else question


def _held(survey: str, responses: Sequence[str], landed: Landed) -> dict[str, set[str]]:
    """Rows of answers that landed of some responses, see `_row`."""
    ours = (pl.col("survey_id") == survey) & pl.col("response_id").is_in(responses)
    rows = landed.last("survey_answers", where=ours).filter(~pl.col("_deleted"))
    keys = rows.select("response_id", "question_id", "item_id")
    found: dict[str, set[str]] = defaultdict(set)
    for response, question, item in keys.iter_rows():
        found[response].add(f"{question}_{item}" if item else question)
    return found
