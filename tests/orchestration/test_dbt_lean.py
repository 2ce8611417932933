"""dbt tells and answers what it always does, with less work."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path

import parsedatetime
import pytest
from dbt.adapters.events.types import ConnectionUsed, SQLQuery, SQLQueryStatus
from dbt.events.logging import setup_event_logger
from dbt.events.types import CommandCompleted, LogStartLine, NodeFinished
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.events import base_types
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Note
from dbt_common.exceptions import EventCompilationError
from google.protobuf.json_format import ParseDict

from orchestration.dbt import lean
from orchestration.dbt.lean import LeanEventManager, filled, make_dbt_lean

WORDS = "a model was built"
EVERY_LEVEL = list(EventLevel)


@pytest.fixture
def worded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events that were put into words."""
    events: list[str] = []
    told = Note.message

    def message(note: Note) -> str:
        events.append(note.msg)
        return told(note)

    monkeypatch.setattr(Note, "message", message)
    return events


@pytest.fixture
def log() -> Callable[[EventLevel], tuple[LeanEventManager, io.StringIO]]:
    """Makes a manager with one log that takes a level and what is worse."""

    def make(level: EventLevel) -> tuple[LeanEventManager, io.StringIO]:
        stream = io.StringIO()
        events = LeanEventManager()
        events.add_logger(LoggerConfig(name="test", level=level, output_stream=stream))
        return events, stream

    return make


@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_a_log_of_details_is_told_everything(
    level: EventLevel, log: Callable[[EventLevel], tuple[LeanEventManager, io.StringIO]]
) -> None:
    events, stream = log(EventLevel.DEBUG)

    events.fire_event(Note(msg=WORDS), level)

    assert WORDS in stream.getvalue()


@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_what_a_log_takes_is_told_and_of_nothing_else_a_message_is_made(
    level: EventLevel,
    log: Callable[[EventLevel], tuple[LeanEventManager, io.StringIO]],
    worded: list[str],
) -> None:
    events, stream = log(EventLevel.INFO)

    events.fire_event(Note(msg=WORDS), level)

    is_detail = level in (EventLevel.DEBUG, EventLevel.TEST)
    assert (WORDS in stream.getvalue(), bool(worded)) == (not is_detail, not is_detail)


@pytest.mark.parametrize("level", EVERY_LEVEL)
def test_a_callback_is_told_everything(level: EventLevel) -> None:
    events = LeanEventManager()
    heard: list[str] = []
    events.add_callback(lambda message: heard.append(message.info.msg))

    events.fire_event(Note(msg=WORDS), level)

    assert heard == [WORDS]


def test_what_is_to_end_a_build_ends_it_whoever_listens() -> None:
    events = LeanEventManager()
    events.warn_error = True

    with pytest.raises(EventCompilationError, match=WORDS):
        events.fire_event(Note(msg=WORDS), EventLevel.DEBUG, force_warn_or_error_handling=True)


def test_dbt_itself_listens_to_no_detail(worded: list[str], tmp_path: Path) -> None:
    """Its own callback is there in every run, and counted as a listener it would undo all of it."""
    flags = Namespace(
        LOG_PATH=str(tmp_path),
        LOG_LEVEL="info",
        LOG_LEVEL_FILE="none",
        LOG_FORMAT="default",
        LOG_CACHE_EVENTS=False,
        QUIET=False,
        DEBUG=False,
        USE_COLORS=False,
    )
    before = get_event_manager()
    events = LeanEventManager()
    ctx_set_event_manager(events)
    try:
        setup_event_logger(flags)
        assert events.callbacks
        events.fire_event(Note(msg=WORDS), EventLevel.DEBUG)
        assert not worded
        events.fire_event(Note(msg=WORDS), EventLevel.INFO)
        assert worded
    finally:
        ctx_set_event_manager(before)


NODE = {
    "node_path": "marts/scores.sql",
    "node_name": "scores",
    "unique_id": "model.earful.scores",
    "resource_type": "model",
    "materialized": "table",
    "node_status": "success",
    "node_started_at": "2026-11-01T09:00:00.123456",
    "meta": {"owner": "voice"},
    "node_relation": {"database": "release", "schema": "main", "alias": "scores"},
}
EVENTS: list[tuple[type[BaseEvent], dict[str, object]]] = [
    (SQLQuery, {"conn_name": "model.earful.scores", "sql": "select 1", "node_info": NODE}),
    (SQLQueryStatus, {"status": "OK", "elapsed": 0.25, "query_id": "", "node_info": NODE}),
    (ConnectionUsed, {"conn_type": "duckdb", "conn_name": "scores", "node_info": {}}),
    (LogStartLine, {"description": "model", "index": 1, "total": 9, "node_info": NODE}),
    (NodeFinished, {"node_info": NODE, "run_result": {"status": "success", "num_failures": 0}}),
    (
        CommandCompleted,
        {"command": "build", "success": True, "completed_at": "2026-11-01T09:00:00Z"},
    ),
    (Note, {"msg": WORDS}),
]


@pytest.mark.parametrize(("kind", "values"), EVENTS)
def test_a_message_says_what_dbts_own_says(
    kind: type[BaseEvent], values: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_types, "ParseDict", ParseDict)
    theirs = kind(**values).to_dict()
    monkeypatch.setattr(base_types, "ParseDict", filled)

    assert kind(**values).to_dict() == theirs
    assert set(values) <= set(theirs)


def test_a_statement_is_told_without_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = []
    monkeypatch.setattr(base_types, "ParseDict", filled)
    monkeypatch.setattr(lean, "ParseDict", lambda *given: slow.append(given))

    for kind, values in EVENTS[:3]:
        kind(**values)

    assert not slow


def test_a_message_that_cannot_be_made_is_told_as_dbt_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base_types, "ParseDict", filled)

    with pytest.raises(Exception, match="Unable to parse logging event dictionary"):
        SQLQuery(sql=["not", "words"])


def test_dates_are_read_as_before_and_their_patterns_compiled_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    constants = parsedatetime.Constants

    class Counted(constants):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object, **named: object) -> None:
            made.append(self)
            super().__init__(*arguments, **named)

    monkeypatch.setattr(parsedatetime, "Constants", Counted)
    monkeypatch.setattr(base_types, "ParseDict", ParseDict)  # to be put back
    rows = [{"day": date(2026, 11, 1), "word": "2026-11-01"}]
    before = [list(row) for row in table_from_data_flat(rows, ["day", "word"]).rows]
    once = len(made)

    events = get_event_manager()
    make_dbt_lean()
    ctx_set_event_manager(events)
    after = [[*row] for _ in range(3) for row in table_from_data_flat(rows, ["day", "word"]).rows]

    assert once > 1
    assert len(made) == once + 1
    assert after == before * 3
