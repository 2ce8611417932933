"""Block 0: what belongs to the house and not to a customer; the same at every scale."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sandbox.company.plan import Plan
from connectors.sandbox.company.pulses import pulse_tables
from connectors.sandbox.company.staff import Staff
from connectors.sandbox.company.surveys import survey_tables
from connectors.sandbox.company.tables import Tables, table
from connectors.sandbox.systems import SYSTEMS


def house_tables(plan: Plan, staff: Staff) -> Tables:
    """Every table, some of them empty."""
    filled = {
        **survey_tables(plan),
        **pulse_tables(plan, staff),
        "zendesk_users": _agents(plan, staff),
        "zendesk_groups": _groups(plan, staff),
    }
    return {name: filled.get(name, table(name, {}, plan.end)) for name in SYSTEMS}


def _agents(plan: Plan, staff: Staff) -> pl.DataFrame:
    people = staff.agent_names
    columns = {
        "id": people["user"],
        "at": people["started_at"],
        "name": people["name"],
        "email": people["email"],
        "role": pl.repeat("agent", len(people), eager=True),
        "locale": pl.repeat("en-GB", len(people), eager=True),
        "active": [True] * len(people),
        "deleted": [False] * len(people),
        "created_at": people["started_at"],
    }
    first = table("zendesk_users", columns, plan.end)
    left = people["left_at"].is_not_null()
    gone = (
        pl.DataFrame(columns)
        .filter(left)
        .with_columns(
            at=people["left_at"].drop_nulls(),
            active=pl.lit(value=False),
        )
    )
    return pl.concat([first, table("zendesk_users", gone, plan.end)])


def _groups(plan: Plan, staff: Staff) -> pl.DataFrame:
    names = [staff.teams["name"][int(n)] for n in 4 + (staff.groups - 20_100_000) // 113]
    start = np.full(len(names), plan.start)
    columns = {"id": staff.groups, "at": start, "name": names, "created_at": start}
    return table("zendesk_groups", columns, plan.end)
