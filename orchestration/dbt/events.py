"""What dbt tells, without what nobody hears.

dbt makes a message of each event, writes it out once for every log, and only then asks whether
that log takes its level. More than nine in ten are details that no log takes.

dbt adds a callback of its own, which asks after warnings alone: it does not count as somebody who
listens to details.
"""

from __future__ import annotations

from dbt.tracking import track_behavior_change_warn
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

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
        return (
            level not in _DETAILS
            or any(callback is not track_behavior_change_warn for callback in self.callbacks)
            or any(log.level in _DETAILS for log in self.loggers)
        )


def skip_unheard_events() -> None:
    """Let dbt, in this process, make no message that no log takes."""
    ctx_set_event_manager(LeanEventManager())
