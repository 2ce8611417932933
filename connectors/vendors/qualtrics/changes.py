"""What was edited or deleted: exports tell only what is there, each response as it is now."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec
import polars as pl

from connectors.cursors import Batch, Posted, Span, Sweep
from connectors.http import Api
from connectors.landing.landed import Landed
from connectors.vendors.connector import Options
from connectors.vendors.qualtrics import exports, surveys
from connectors.vendors.qualtrics.responses import DERIVED
from connectors.vendors.reading import each, is_there, naive, spliced

_MONTH = timedelta(days=30)
_ROW = re.compile(r"(QID\d+)(?:_(.+))?")


class _When(msgspec.Struct, rename="camel"):
    recorded_date: datetime


class _Glance(msgspec.Struct, rename="camel"):
    response_id: str
    values: _When
    answers: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict, name="_answers")


def sweep(options: Options) -> Sweep:
    """All responses older than a month, exported once more."""
    return Sweep(
        "survey_responses",
        "response_id",
        listed=_listed,
        posted=posted,
        read=_with_lost,
        gone=_all_gone,
        part="survey_id",
        parts=surveys.ids,
        settled=_MONTH,
        every=options.sweep or _MONTH,
        limit=options.sweep_limit,
    )


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
        if key.endswith(DERIVED) or bytes(value) == b"null":
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


def _listed(api: Api, survey: str, span: Span, after: str | None) -> Batch:
    return exports.page(survey, api, span, after)


def _with_lost(_api: Api, survey: str, records: Sequence[bytes], landed: Landed) -> Sequence[bytes]:
    """Responses, with the answers that landed of them and that they do not give any more."""
    glances = dict(zip(records, each(records, _Glance), strict=True))
    held = _held(survey, [glance.response_id for glance in glances.values() if glance], landed)
    without = {
        record: sorted(held[glance.response_id] - set(map(_row, _parts(glance)))) if glance else []
        for record, glance in glances.items()
    }
    return [lost(record, parts) if parts else record for record, parts in without.items()]


def _all_gone(
    api: Api, survey: str, missing: Mapping[str, datetime], landed: Landed
) -> Sequence[bytes]:
    """Records of ours for those of the missing responses that are really not there any more."""
    held = _held(survey, [*missing], landed)
    path = f"surveys/{quote(survey, safe='')}/responses"
    return [
        lost(gone(survey, response, recorded, api), sorted(held[response]))
        for response, recorded in missing.items()
        if not is_there(api, f"{path}/{quote(response, safe='')}")
    ]


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
