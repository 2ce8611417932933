"""Responses with their answers, as an export writes them.

Only those recorded from `startDate` on and before `endDate`: an edit keeps `recordedDate`, so an
old response that was edited or deleted is not told again, and one deleted is in no export.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from connectors.sandbox.vendors.render import encoded, iso, iso_ms, joined, record, texts
from connectors.sandbox.vendors.world import World

from .answers import answers_of
from .surveys import questions_of

_PLAIN = {
    "startDate": iso("start_date"),
    "endDate": iso("end_date"),
    "status": pl.col("status"),
    "progress": pl.col("progress"),
    "duration": (pl.col("end_date") - pl.col("start_date")).dt.total_seconds(),
    "finished": pl.col("finished").cast(pl.Int8),
    "recordedDate": iso_ms("recorded_date"),
    "_recordId": pl.col("response_id"),
    "recipientEmail": pl.col("recipient_email"),
    "externalDataReference": pl.col("external_data_reference"),
    "distributionChannel": pl.col("distribution_channel"),
    "userLanguage": pl.col("user_language"),
    "distributionId": pl.col("distribution_id"),
    "touchpoint": pl.col("touchpoint"),
    "segment": pl.col("segment"),
}
_CSV = {
    "startDate": ("StartDate", "Start Date"),
    "endDate": ("EndDate", "End Date"),
    "status": ("Status", "Response Type"),
    "progress": ("Progress", "Progress"),
    "duration": ("Duration (in seconds)", "Duration (in seconds)"),
    "finished": ("Finished", "Finished"),
    "recordedDate": ("RecordedDate", "Recorded Date"),
    "_recordId": ("ResponseId", "Response ID"),
    "recipientEmail": ("RecipientEmail", "Recipient Email"),
    "externalDataReference": ("ExternalReference", "External Data Reference"),
    "distributionChannel": ("DistributionChannel", "Distribution Channel"),
    "userLanguage": ("UserLanguage", "User Language"),
}


def exported(world: World, survey_id: str, since: datetime | None, until: datetime) -> pl.DataFrame:
    """The responses of one survey in a window of `recordedDate`, oldest first."""
    rows = world.records.current("qualtrics_responses").filter(
        (pl.col("survey_id") == survey_id)
        & ~pl.col("deleted").fill_null(value=False)
        & (pl.col("recorded_date") < until)
    )
    if since is not None:
        rows = rows.filter(pl.col("recorded_date") >= since)
    return rows.sort("recorded_date", "response_id")


def ndjson(world: World, survey_id: str, rows: pl.DataFrame) -> list[str]:
    """Each response as a JSON text: `values` by question id, null ones left out."""
    answers = answers_of(world, survey_id, rows)
    # a response has only the values it has: drop `"name":null` of the fixed part
    fixed = record(dict(_PLAIN)).str.replace_all(r'"\w+":null,?', "")
    finished = pl.when(pl.col("finished")).then(pl.lit("True")).otherwise(pl.lit("False"))
    status = pl.when(pl.col("status") == 0).then(pl.lit("IP Address"))
    one = joined(
        '{"responseId":',
        encoded(pl.col("response_id")),
        ',"values":',
        fixed.str.strip_suffix("}").str.strip_suffix(","),
        _of("values"),
        '},"labels":',
        record({"status": status, "finished": finished}).str.strip_suffix("}"),
        _of("labels"),
        '},"displayedFields":[',
        _of("fields"),
        '],"displayedValues":{',
        _of("choices"),
        "}}",
    )
    return texts(rows.join(answers, on="response_id", how="left", maintain_order="left"), one)


def _of(column: str) -> pl.Expr:
    """What the answers bring, nothing where there are none."""
    return pl.col(column).fill_null("")


def as_csv(world: World, survey_id: str, rows: pl.DataFrame) -> bytes:
    """The export's CSV: names, labels, import ids, then the responses."""
    asked = {q["question_id"]: q for q in questions_of(world, survey_id)}
    answers = world.records.current("qualtrics_answers").join(
        rows.select("response_id"), on="response_id", how="semi"
    )
    keys = sorted(answers["key"].unique().to_list())
    given: dict[tuple[str, str], object] = {
        (r, k): t if t is not None else _whole(n)
        for r, k, n, t in answers.select(
            "response_id", "key", "value_number", "value_text"
        ).iter_rows()
    }
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    plain = rows.select(**{n: _PLAIN[n] for n in _CSV})
    questions = [asked.get(key.split("_")[0], {}) for key in keys]
    tags = [q.get("tag") or key for key, q in zip(keys, questions, strict=True)]
    out.writerow([*(name for name, _ in _CSV.values()), *tags])
    out.writerow([*(label for _, label in _CSV.values()), *(q.get("text") for q in questions)])
    out.writerow(json.dumps({"ImportId": name}) for name in [*_CSV, *keys])
    for row in plain.iter_rows():
        response = row[list(_CSV).index("_recordId")]
        out.writerow([*_times(row), *(given.get((response, key)) for key in keys)])
    return buffer.getvalue().encode()


def _times(row: Sequence[object]) -> list[object]:
    """Times in a CSV are local and carry no zone."""
    return [str(v)[:19].replace("T", " ") if n in {0, 1, 6} else v for n, v in enumerate(row)]


def _whole(number: float | None) -> object:
    return int(number) if number is not None and number.is_integer() else number
