"""Responses, by the export job: start it, ask until it is ready, fetch the file, read its lines."""

from __future__ import annotations

import itertools
import shutil
import time
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import msgspec

from connectors.cursors import Batch, Span
from connectors.errors import TryAgain
from connectors.http import Api
from connectors.vendors.mapping import iso
from connectors.vendors.qualtrics.responses import Values
from connectors.vendors.reading import one, spliced

_LINES = 5_000
_LONGEST = 3600.0
"""Seconds after which a job that is not ready is given up."""

_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
_TRIES = 3


class _Job(msgspec.Struct, rename="camel"):
    status: str
    progress_id: str | None = None
    file_id: str | None = None


class _Told(msgspec.Struct):
    result: _Job


class _Values(msgspec.Struct):
    values: dict[str, msgspec.Raw] = {}


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
