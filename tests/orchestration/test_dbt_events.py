"""dbt's events reach whoever takes their level, and nothing is made of the others."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt.events.logging import setup_event_logger
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Note
from dbt_common.exceptions import EventCompilationError

from orchestration.dbt.events import LeanEventManager

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
