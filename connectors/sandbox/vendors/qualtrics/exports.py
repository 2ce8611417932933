"""The export job: start, ask until it is ready, fetch a file.

`status` decides, not `percentComplete`, which stands at 100 once before the job is complete. The
file is a zip with one member. NDJSON carries empty `{}` lines; JSON has one object with
`responses`; CSV has three header rows, of which only the third is stable.

Sources: the recorded CSV of qualtRics; api.qualtrics.com "Start Response Export" for parameters and
states; `values` keyed by question id after the same. `QID1_NPS_GROUP` and labels: unverified.
"""

from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from connectors.sandbox.vendors.clock import naive
from connectors.sandbox.vendors.protocol import Call, Page, Refuse, Reply, Why
from connectors.sandbox.vendors.world import World

from .errors import result
from .responses import as_csv, exported, ndjson
from .surveys import survey_of

FAILED = "export failed"
_FORMATS = ("ndjson", "json", "csv")
_LABELS_ONLY_CSV = ("useLabels", "newlineReplacement", "multiselectSeenUnansweredRecode")


@dataclass
class Job:
    """One export."""

    survey_id: str
    name: str
    form: str
    compress: bool
    since: datetime | None
    until: datetime
    continues: bool
    polls: int = 0
    failed: bool = False
    file_id: str = ""


def start(world: World, call: Call) -> Reply:
    """`POST /surveys/{id}/export-responses`."""
    survey = survey_of(world, call.params["id"])
    sent = call.json()
    form = sent.get("format")
    if form not in _FORMATS:
        raise Refuse(Why.BAD_PARAMETER, "format")
    if form != "csv" and any(name in sent for name in _LABELS_ONLY_CSV):
        raise Refuse(Why.BAD_PARAMETER, f"useLabels is not supported for {form}")
    since, until = _moment(sent, "startDate"), _moment(sent, "endDate")
    if "continuationToken" in sent:
        since = _continued(sent["continuationToken"])
    job = Job(
        survey_id=survey["id"],
        name=survey["name"],
        form=form,
        compress=sent.get("compress", True) is not False,
        since=since,
        # `until` is exclusive; what was recorded this very moment belongs in
        until=until or world.clock.now + timedelta(microseconds=1),
        continues=bool(sent.get("allowContinuation")) or "continuationToken" in sent,
    )
    progress = f"ES_{uuid.uuid4().hex[:15]}"
    _jobs(world)[progress] = job
    return result({"progressId": progress, "percentComplete": 0.0, "status": "inProgress"})


def progress(world: World, call: Call) -> Reply:
    """`GET /surveys/{id}/export-responses/{progressId}`."""
    job = _job(world, call, "job")
    job.failed = job.failed or FAILED in call.faults
    if job.failed:
        return result({"percentComplete": 0.0, "status": "failed"})
    polls = world.settings.export_polls
    job.polls += 1
    if job.polls <= polls:
        return result({"percentComplete": 100.0 * job.polls / polls, "status": "inProgress"})
    job.file_id = job.file_id or f"{uuid.uuid4()}-def"
    _files(world)[job.file_id] = job
    done: dict[str, Any] = {
        "fileId": job.file_id,
        "percentComplete": 100.0,
        "status": "complete",
    }
    if job.continues:
        done["continuationToken"] = _token(job.until)
    return result(done)


def file(world: World, call: Call) -> Reply:
    """`GET /surveys/{id}/export-responses/{fileId}/file`."""
    job = _job(world, call, "file")
    rows = exported(world, job.survey_id, job.since, job.until)
    name = f"{job.name}.{'csv' if job.form == 'csv' else 'json'}"
    if job.form == "csv":
        return _sent(job, name, as_csv(world, job.survey_id, rows))
    records = ndjson(world, job.survey_id, rows)
    keys = [(value,) for value in rows["response_id"].to_list()]

    def wrap(items: Sequence[str]) -> bytes:
        if job.form == "json":
            text = f'{{"responses":[{",".join(items)}]}}'
        else:
            # an empty object after every hundredth line and at the end
            lines = [f"{item}\n{{}}" if n % 100 == 0 else item for n, item in enumerate(items, 1)]
            text = "".join(f"{line}\n" for line in [*lines, "{}"])
        return _zipped(name, text) if job.compress else text.encode()

    plain = _sent(job, name, b"")
    page = Page(records, "qualtrics_responses", keys, wrap)
    return Reply(wrap(records), media=plain.media, headers=plain.headers, page=page)


def response(world: World, call: Call) -> Reply:
    """`GET /surveys/{id}/responses/{responseId}`: one response, as an export writes it."""
    until = world.clock.now + timedelta(microseconds=1)
    rows = exported(world, survey_of(world, call.params["id"])["id"], None, until)
    found = rows.filter(pl.col("response_id") == call.params["response"])
    if found.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD)
    [record] = ndjson(world, call.params["id"], found)
    return result(json.loads(record))


def _sent(job: Job, name: str, content: bytes) -> Reply:
    body = _zipped(name, content.decode()) if job.compress else content
    media = "application/zip" if job.compress else "application/octet-stream"
    return Reply(
        body, media=media, headers={"content-disposition": 'attachment; filename="export"'}
    )


def _zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def _jobs(world: World) -> dict[str, Job]:
    return world.sessions.setdefault("qualtrics jobs", {})


def _files(world: World) -> dict[str, Job]:
    return world.sessions.setdefault("qualtrics files", {})


def _job(world: World, call: Call, name: str) -> Job:
    known = _jobs(world) if name == "job" else _files(world)
    job = known.get(call.params[name])
    if job is None or job.survey_id != call.params["id"]:
        raise Refuse(Why.UNKNOWN_RECORD)
    return job


def _moment(sent: dict[str, Any], name: str) -> datetime | None:
    if name not in sent:
        return None
    try:
        moment = datetime.fromisoformat(str(sent[name]))
    except ValueError as error:
        raise Refuse(Why.BAD_PARAMETER, name) from error
    if moment.tzinfo is None:
        raise Refuse(Why.BAD_PARAMETER, name)
    return naive(moment)


def _token(until: datetime) -> str:
    return base64.urlsafe_b64encode(json.dumps({"until": until.isoformat()}).encode()).decode()


def _continued(token: object) -> datetime:
    try:
        return datetime.fromisoformat(json.loads(base64.urlsafe_b64decode(str(token)))["until"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refuse(Why.BAD_PARAMETER, "continuationToken") from error
