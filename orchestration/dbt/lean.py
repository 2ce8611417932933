"""dbt without what it does for nobody: a fourth of its time in a build of few rows.

It makes a message of each event, writes it out once for every log, and only then asks whether that
log takes its level: more than nine in ten are details that no log takes. It fills every message
field by field in Python, where protobuf fills it at once. And for every statement it makes a table
of the answer, for which agate compiles the patterns of all ways to write a date, in every language
anew.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import parsedatetime  # type: ignore[import-untyped]
from dbt.tracking import track_behavior_change_warn
from dbt_common.events import base_types
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]

_DETAILS = (EventLevel.DEBUG, EventLevel.TEST)


class LeanEventManager(EventManager):
    """Passes on an event only if somebody takes its level."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: object = None,
        force_warn_or_error_handling: bool = False,  # noqa: FBT001, FBT002 - as dbt calls it
    ) -> None:
        """Tell the logs and callbacks of an event, and fail where dbt is to fail at it."""
        if force_warn_or_error_handling or self._is_heard(level or e.level_tag()):
            super().fire_event(e, level, node, force_warn_or_error_handling)

    def _is_heard(self, level: EventLevel) -> bool:
        # dbt's own callback, which is always there, asks after warnings alone
        return (
            level not in _DETAILS
            or any(callback is not track_behavior_change_warn for callback in self.callbacks)
            or any(log.level in _DETAILS for log in self.loggers)
        )


def filled(values: dict[str, Any], message: Any) -> Any:  # noqa: ANN401 - protobuf is untyped
    """A message of the type of `message` with some values, the same that `ParseDict` makes."""
    try:
        return type(message)(**values)
    except (TypeError, ValueError, AttributeError):
        # what JSON writes otherwise than Python, such as a time: protobuf's own parser knows how
        return ParseDict(values, message)


def make_dbt_lean() -> None:
    """Let dbt, in this process, leave out what nobody needs."""
    ctx_set_event_manager(LeanEventManager())
    base_types.ParseDict = filled  # type: ignore[attr-defined]
    if not hasattr(parsedatetime.Constants, "cache_info"):
        parsedatetime.Constants = cache(parsedatetime.Constants)
