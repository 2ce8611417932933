"""Comments of the tables in which a published file tells of itself, and of their columns."""

from __future__ import annotations

from orchestration.warehouse import Connection
from orchestration.warehouse.sql import literal

COMMENTS = {
    "about": {
        "": "One row: what this file is, and how old.",
        "version": "Name of the version: when its making began (UTC).",
        "published_at": "Time (UTC) at which the file was written.",
        "run_id": "Dagster's id of the run that published it.",
        "code_version": "Release of Earful that made it, and the commit.",
        "model_fingerprint": "Equal where models, seeds and rules of matching were the same.",
        "gate": "Verdict of the release gate.",
        "total_rows": "Rows of all tables but about and those whose names begin with about_.",
        "loaded_until": "Time (UTC) of the newest load in this version.",
        "source_count": "Sources that ever landed something.",
    },
    "about_sources": {
        "": "Each source and family: when it was last heard of, and what became of its records.",
        "source": "Name of the source.",
        "family": "Contract that its records are mapped to: survey, support, and so on.",
        "connector": "What reads it: a vendor's connector, or that of files.",
        "loads": "Load packages that count: those whose place no replay took.",
        "last_loaded_at": "Time (UTC) at which the newest of them was loaded; null if none was.",
        "age_hours": "Hours from then until this file was written.",
        "records_read": "Records read: those accepted, set aside and repeated.",
        "records_accepted": "Records that were mapped to the contract.",
        "records_rejected": "Records that were set aside because they could not be mapped.",
        "records_deduplicated": "Records that were left out because they were told more than once.",
        "stale_after_hours": (
            "Age of its newest record at which the source counts as late; null where none is set."
        ),
        "is_late": "Whether its newest record was older than that when it was last read.",
        "failed_streams": (
            "Streams that landed nothing when they were last to be read; null where all did."
        ),
    },
    "about_rejects": {
        "": "One row per source, table and reason: rows that the raw gate set aside.",
        "source": "Name of the source.",
        "table_name": "Table of the contract that the rows were to be of.",
        "reason": "What such a row breaks of its contract.",
        "rows": "Rows set aside, of load packages that count.",
        "last_rejected_at": "Time (UTC) at which the last of them was set aside.",
    },
    "about_files": {
        "": "One row per Parquet file: what is in parquet/<table>/*.parquet.",
        "table_name": "Table that the file is of.",
        "file": "Path of the file, from the folder that this one is in.",
        "rows": "Rows in the file.",
        "bytes": "Size of the file.",
        "fingerprint": "Equal for equal rows.",
        "written_in": "Version that wrote the file; in all since then its rows were the same.",
    },
}
"""By table and column; a table's own is at the empty name."""


def comment(connection: Connection) -> None:
    """Put the comments on the tables of a published file."""
    for table, columns in COMMENTS.items():
        for column, text in columns.items():
            what = f"column {table}.{column}" if column else f"table {table}"
            connection.execute(f"comment on {what} is {literal(text)}")
