"""What employees say about serving customers.

The respondent is a keyed hash from the first frame on: no table here has a column for an
employee's name or e-mail address, so none can be landed.
"""

from __future__ import annotations

from connectors.families.contract import (
    Family,
    Table,
    integer,
    number,
    ref,
    text,
    time,
    words,
)
from connectors.families.survey import QUESTION_TYPES

WORKFORCE = Family(
    name="workforce",
    doc="Employees: pulses answered under protection, and the teams they belong to.",
    tables=(
        Table(
            name="pulse_questions",
            family="workforce",
            grain="pulse x question",
            key=("pulse_id", "question_id"),
            cursor="updated_at",
            happened="updated_at",
            own=(
                ref("pulse_id", "The pulse.", required=True),
                ref("question_id", "The question.", required=True),
                text("question_text", "The question as asked."),
                text("question_type", "Kind of question.", values=QUESTION_TYPES),
                text("driver", "What the question measures: enps, workload, tools, ..."),
                number("scale_min", "Lowest answer possible."),
                number("scale_max", "Highest answer possible."),
                time("updated_at", "Last change of the question."),
            ),
        ),
        Table(
            name="pulse_answers",
            family="workforce",
            grain="pulse x question x respondent",
            key=("pulse_id", "question_id", "respondent_hash"),
            cursor="updated_at",
            happened="answered_at",
            own=(
                ref("pulse_id", "The pulse.", required=True),
                ref("question_id", "The question.", required=True),
                ref(
                    "respondent_hash", "Keyed hash (HMAC-SHA-256) of the respondent.", required=True
                ),
                ref("team_ref", "Team of the respondent when answering."),
                text("segment", "Segment of the respondent when answering."),
                number("value_number", "The answer, if it is a number."),
                words("value_text", "The answer, if it is free text."),
                text("value_choice", "The answer, if it is one of the choices offered."),
                time("answered_at", "When it was answered.", required=True),
                time("updated_at", "Last change of the answer."),
            ),
        ),
        Table(
            name="teams",
            family="workforce",
            grain="team",
            key=("team_ref",),
            cursor="updated_at",
            happened="updated_at",
            own=(
                ref("team_ref", "The team.", required=True),
                text("name", "Name of the team."),
                ref("parent_team_ref", "Team above it."),
                text("touchpoint", "Touchpoint that the team serves."),
                integer("headcount", "People in the team."),
                time("updated_at", "Last change of the team."),
            ),
        ),
    ),
)
