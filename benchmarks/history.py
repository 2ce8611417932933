"""A shop whose history grows: raw tables of any number of voices, and dbt run on them.

Orders, surveys with two answers each, cases with messages, reviews, by people that are known by id,
address or both.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from benchmarks.models import build
from connectors.landing import Landing
from orchestration.settings import Settings
from orchestration.warehouse import Loader, connect

_COMMON = (
    "'shop' as source, {deleted} as _deleted, '{load}' as _load_id, timestamp '{at}' as _loaded_at"
)
_SINCE, _SECONDS = date(2024, 1, 1), 60_000_000
_WHO = "'p' || (i * 7919) % {people} as person_ref"
_MAIL = "case when i % 3 = 0 then 'c' || (i * 7919) % {people} || '@mail.test' end as email"
_WHEN = "timestamp '{since}' + to_seconds((i * 48271) % {seconds})"
_NEW = "from range({first}, {last}) as t(i)"
_PARTS = {
    "value_events": f"""
        'o' || i as event_id, 'order' as event_type,
        ((i + {{load_no}}) % 90)::decimal(18, 4) as amount,
        'EUR' as currency, {_WHO}, {_MAIL}, {_WHEN} as occurred_at {_NEW} where i % 2 = 0""",
    "survey_responses": f"""
        's1' as survey_id, 'w' || i as response_id, 'completed' as status, {_WHO},
        {_WHEN} as submitted_at {_NEW} where i % 10 = 1""",
    "survey_answers": f"""
        's1' as survey_id, 'w' || i as response_id, 'q' || q as question_id, '' as item_id,
        case when q = 1 then (i * 31 + {{load_no}}) % 11 end as value_number,
        case when q = 2 then 'the box came late and nobody answered ' || i end as value_text,
        case when q = 2 then ((i * 7 + {{load_no}}) % 9 - 4) / 4.0 end as sentiment,
        {_WHEN} as answered_at {_NEW}, range(1, 3) as u(q) where i % 10 = 1""",
    "cases": f"""
        'c' || i as case_id, 'solved' as status, 'email' as channel, 'Help' as subject,
        {_WHO}, {_MAIL}, {_WHEN} as created_at {_NEW} where i % 10 = 3""",
    "case_messages": f"""
        'c' || i as case_id, 'm' || m as message_id, true as is_public,
        case m when 1 then 'customer' else 'agent' end as author_role,
        'where is my parcel ' || i as body, {_WHEN} + to_hours(m) as created_at
        {_NEW}, range(1, 3) as u(m) where i % 10 = 3""",
    "case_changes": f"""
        'c' || i as case_id, 'h1' as change_id, 'status' as field, 'open' as old_value,
        'solved' as new_value, {_WHEN} + to_days(1) as changed_at {_NEW} where i % 10 = 3""",
    "reviews": f"""
        'r' || i as review_id, ((i + {{load_no}}) % 5 + 1)::double as rating,
        1.0 as scale_min, 5.0 as scale_max,
        'late again, tea was fine ' || i as body, {_WHO}, {_WHEN} as reviewed_at
        {_NEW} where i % 10 = 5""",
    "people": """
        'p' || i as person_ref, 'c' || i || '@mail.test' as email, 'Reader ' || i as full_name,
        case i % 3 when 0 then 'gold' when 1 then 'blue' end as segment,
        timestamp '2024-01-01' as updated_at from range({first} // 20, {last} // 20) as t(i)""",
}


class History:
    """A warehouse whose history grows by loads, and dbt run on it."""

    def __init__(self, folder: Path, size: int) -> None:
        """Begin an empty one in a new folder, to become `size` voices."""
        self.settings, self.size, self._loads = Settings(data=folder), size, 0
        folder.mkdir()
        with connect(self.settings.warehouse) as connection:
            Loader(connection, Landing(folder / "nothing")).load()

    def load(self, first: int, last: int, *, deleted: bool = False, on: date | None = None) -> None:
        """Append voices number `first` to `last`, as one load: anew, changed or deleted.

        They are spread over two years, or over one day.
        """
        self._loads += 1
        filled = {
            "load": f"20260101T0000{self._loads:02}.000000Z-bench0",
            "at": f"2026-01-01 00:00:{self._loads:02}",
            "load_no": self._loads,
            "deleted": deleted,
            "people": self.size // 20,
            "since": on or _SINCE,
            "seconds": 86_400 if on else _SECONDS,
            "first": first,
            "last": last,
        }
        with connect(self.settings.warehouse) as connection:
            for table, part in _PARTS.items():
                query = f"select {_COMMON}, {part}".format(**filled)
                connection.execute(f"insert into raw.{table} by name {query}")

    def build(self) -> dict[str, float]:
        """Seconds of each model."""
        return build(self.settings.data)
