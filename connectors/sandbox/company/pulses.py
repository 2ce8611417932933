"""Peakon's part: teams, employees, questions, and what employees answer each quarter."""

from __future__ import annotations

import numpy as np
import polars as pl

from connectors.sandbox.company.plan import DAY, HOUR, Plan, moment
from connectors.sandbox.company.staff import Staff
from connectors.sandbox.company.tables import Tables, table
from connectors.sandbox.company.words import voices

QUESTIONS = (
    ("How likely are you to recommend Halm & Hour as a place to work?", "enps"),
    ("My workload lets me do good work.", "workload"),
    ("I have the tools that I need.", "tools"),
    ("My manager helps me when I am stuck.", "manager"),
    ("I may decide what is mine to decide.", "autonomy"),
    ("Good work is noticed here.", "recognition"),
)
ANSWERS_FROM = 60_000_000
QUESTIONS_FROM = 310
# how each team feels beside the house, in points
_MOODS = np.array([0.2, 0.0, 0.1, 0.3, 0.0, -1.6, -0.6, -0.2, 0.4, 0.3, 0.6, 0.5])


def pulse_tables(plan: Plan, staff: Staff) -> Tables:
    """Everything that Peakon knows; the same at every scale."""
    return {
        "peakon_segments": _teams(plan, staff),
        "peakon_employees": _employees(plan, staff),
        "peakon_questions": _questions(plan),
        "peakon_answers": _answers(plan, staff),
    }


def _teams(plan: Plan, staff: Staff) -> pl.DataFrame:
    columns = {n: staff.teams[n] for n in staff.teams.columns}
    return table(
        "peakon_segments", columns | {"at": np.full(len(staff.teams), plan.start)}, plan.end
    )


def _employees(plan: Plan, staff: Staff) -> pl.DataFrame:
    here = staff.people.with_columns(
        started_at=pl.when(pl.col("started_at") == plan.start)
        .then(pl.col("started_at") - 300 * DAY)
        .otherwise("started_at"),
        at=pl.max_horizontal("started_at", pl.lit(plan.start)),
    )
    first = here.with_columns(left_at=pl.lit(None, dtype=pl.Int64))
    left = here.filter(pl.col("left_at").is_not_null()).with_columns(at="left_at")
    frame = pl.concat([first, left]).sort("at", "id")
    return table("peakon_employees", frame, plan.end)


def _questions(plan: Plan) -> pl.DataFrame:
    count = len(QUESTIONS)
    columns = {
        "id": QUESTIONS_FROM + np.arange(count),
        "at": np.full(count, plan.start),
        "text": [text for text, _ in QUESTIONS],
        "driver": [driver for _, driver in QUESTIONS],
        "type": ["scale"] * count,
    }
    return table("peakon_questions", columns, plan.end)


def rounds(plan: Plan) -> list[int]:
    """The first day of each quarterly pulse: the third month, then every third one."""
    return [int(month) + 4 * DAY for month in plan.months[2:-1:3]]


def _answers(plan: Plan, staff: Staff) -> pl.DataFrame:
    rng = np.random.default_rng([plan.config.seed, 0, 1])
    parts = []
    names = staff.teams["name"].slice(4)
    for number, first in enumerate(rounds(plan)):
        there = staff.people.filter(
            pl.col("started_at") <= first, (pl.col("left_at") > first) | pl.col("left_at").is_null()
        )
        there = there.filter(pl.Series(rng.random(len(there)) < 0.84))
        count, asked = len(there), len(QUESTIONS)
        busy = moment(first).month in {12, 1}
        mood = 7.6 + _MOODS[there["team"].to_numpy()] + rng.normal(0, 1.2, count)
        shift = np.array([0.0, -1.4 if busy else -0.3, -0.2, 0.4, 0.0, -0.1])
        score = mood[:, None] + shift + rng.normal(0, 1.0, (count, asked))
        at = first + 9 * HOUR + rng.integers(0, 9 * DAY, count)[:, None] + np.arange(asked) * 40
        silent = rng.random((count, asked)) >= [0.35, 0.06, 0.06, 0.03, 0.03, 0.03]
        team = pl.DataFrame({"team": np.repeat(names.gather(there["team"]).to_numpy(), asked)})
        words = voices.pulse(rng, (score >= 7.5).ravel(), team)
        parts.append(
            pl.DataFrame(
                {
                    "at": at.ravel(),
                    "employee_id": np.repeat(there["id"].to_numpy(), asked),
                    "segment_id": np.repeat(there["segment_id"].to_numpy(), asked),
                    "question_id": np.tile(QUESTIONS_FROM + np.arange(asked), count),
                    "round_id": np.full(count * asked, 9000 + number),
                    "score": np.clip(np.round(score), 0, 10).astype(np.int64).ravel(),
                    "comment": words.set(pl.Series(silent.ravel()), None),
                }
            )
        )
    if not parts:
        return table("peakon_answers", {}, plan.end)
    frame = pl.concat(parts).sort("at", "employee_id", "question_id")
    frame = frame.with_columns(id=ANSWERS_FROM + np.arange(len(frame)))
    return table("peakon_answers", frame, plan.end)
