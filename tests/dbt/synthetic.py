"""Random voices of a few dozen people, with updates, tombstones and late rows."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse import Rows

FIRST = datetime(2026, 6, 1)  # noqa: DTZ001  # times in the warehouse are naive UTC
SOURCES = ("shop", "desk")
KEYS: dict[str, tuple[str, ...]] = {
    "people": ("person_ref",),
    "person_addresses": ("person_ref", "kind", "value"),
    "accounts": ("account_ref",),
    "survey_invitations": ("invitation_id",),
    "survey_responses": ("survey_id", "response_id"),
    "survey_answers": ("survey_id", "response_id", "question_id", "item_id"),
    "cases": ("case_id",),
    "case_messages": ("case_id", "message_id"),
    "case_changes": ("case_id", "change_id"),
    "case_ratings": ("rating_id",),
    "case_clocks_stated": ("case_id", "clock"),
    "reviews": ("review_id",),
    "value_events": ("event_id",),
    "survey_questions": ("survey_id", "question_id", "item_id"),
    "pulse_questions": ("pulse_id", "question_id"),
    "pulse_answers": ("pulse_id", "question_id", "respondent_hash"),
    "teams": ("team_ref",),
}
STATES = ("pending", "on_hold", "open", "solved")
SELDOM = ("teams", "survey_questions")
"""What comes with the first load and changes with the last: then increments compare everything."""
CURSORS = {"case_changes": "changed_at", "person_addresses": "person_updated_at"}


class Company:
    """A company's records, made from a seed."""

    def __init__(self, seed: int, people: int = 30) -> None:
        """Draw everything from `seed`, so that a failure can be drawn again."""
        self.dice = random.Random(seed)  # noqa: S311  # not for secrets
        # apart, so that what else there is does not depend on it
        self.moods = random.Random(seed)  # noqa: S311
        self.ends = random.Random(seed)  # noqa: S311
        self.people = people

    def portions(self, count: int) -> list[Rows]:
        """The records of the company in `count` loads."""
        first = self.records()
        loads: list[Rows] = [{table: [] for table in KEYS} for _ in range(count)]
        for table, records in first.items():
            for record in records:
                self._spread(table, record, loads)
        return loads

    def _spread(self, table: str, record: dict[str, Any], loads: list[Rows]) -> None:
        is_seldom, drawn = table in SELDOM, self.dice.randrange(len(loads))
        arrives = 0 if is_seldom else drawn
        loads[arrives][table].append(record)
        for later in loads[-1:] if is_seldom else loads[arrives:]:
            chance = self.dice.random()
            if chance < 0.10:
                later[table].append(self._changed(table, record, timedelta(days=1)))
            elif chance < 0.13:
                # an old version that arrives late must lose
                later[table].append(self._changed(table, record, timedelta(days=-1)))
            elif chance < 0.17:
                later[table].append(
                    {**self._moved(table, record, timedelta(days=2)), "_deleted": True}
                )

    def _moved(self, table: str, record: dict[str, Any], by: timedelta) -> dict[str, Any]:
        cursor = CURSORS.get(table, "updated_at")
        return {**record, cursor: record[cursor] + by}

    def _changed(self, table: str, record: dict[str, Any], by: timedelta) -> dict[str, Any]:
        changed = self._moved(table, record, by)
        for column in ("email", "phone", "external_id", "segment", "touchpoint", "channel", "tags"):
            if column in record and self.dice.random() < 0.3:
                changed[column] = self._identity().get(column, self.dice.choice(["a", "b", None]))
        if table == "case_messages":
            # words that were taken out of it
            changed["body"] = f"{record['body'].split()[0]} ▇▇▇▇"
        if isinstance(record.get("value_number"), int):
            changed["value_number"] = self.dice.randint(0, 10)
        if "sentiment" in record and self.moods.random() < 0.5:
            changed["sentiment"] = self._sentiment()
        if table == "cases" and self.ends.random() < 0.5:
            changed |= self._stated_ends(record["created_at"])
        return changed

    def _stated_ends(self, opened: datetime) -> dict[str, Any]:
        """What a case says of its own end, whether or not changes tell of it as well."""
        solved = opened + timedelta(hours=self.ends.randrange(1, 200))
        return {
            "solved_at": self.ends.choice([None, solved, solved, datetime(2060, 1, 1)]),  # noqa: DTZ001
            "closed_at": self.ends.choice([None, solved + timedelta(days=4)]),
        }

    def _time(self) -> datetime:
        return FIRST + timedelta(minutes=self.dice.randrange(150 * 24 * 60))

    def _sentiment(self) -> float | None:
        return self.moods.choice([None, -1, -0.25, 0, 1 / 3, 1])

    def _identity(self) -> dict[str, Any]:
        person = self.dice.randrange(self.people)
        names = {
            "person_ref": f"p{person}",
            "email": f" Person{person % 25}@Mail.test",
            "phone": f"0049 170 {1000000 + person % 27}",
            "external_id": f"x{person % 28}",
            "account_ref": f"a{person % 5}",
        }
        return {key: value if self.dice.random() < 0.4 else None for key, value in names.items()}

    def records(self) -> Rows:
        """One version of every record."""
        return {
            **self._customers(),
            **self._surveys(),
            **self._support(),
            **self._workforce(),
        }

    def _row(self, **values: object) -> dict[str, Any]:
        at = self._time()
        return {"source": self.dice.choice(SOURCES), "updated_at": at, **values}

    def _customers(self) -> Rows:
        people = [
            self._row(
                **{**self._identity(), "person_ref": f"p{n}"},
                full_name=f"Name {n % 28}",
                segment=self.dice.choice(["gold", "blue", None]),
                created_at=FIRST,
            )
            for n in range(self.people)
        ]
        accounts = [
            self._row(
                account_ref=f"a{n}", segment=self.dice.choice(["big", None]), created_at=FIRST
            )
            for n in range(5)
        ]
        values = [
            self._row(
                event_id=f"o{n}",
                **self._identity(),
                amount=n,
                currency="EUR",
                event_type=self.dice.choice(["order", "refund"]),
                occurred_at=self._time(),
            )
            for n in range(80)
        ]
        reviews = [
            self._row(
                review_id=f"r{n}",
                **self._identity(),
                rating=self.dice.randint(1, 5),
                scale_min=1,
                scale_max=5,
                body=f"Call 0170 {n}234567",
                sentiment=self._sentiment(),
                reviewed_at=self._time(),
                replied_at=self.dice.choice([self._time(), None]),
            )
            for n in range(30)
        ]
        return {
            "people": people,
            "person_addresses": self._addresses(people),
            "accounts": accounts,
            "value_events": values,
            "reviews": reviews,
        }

    def _addresses(self, people: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Every third person's further address; a later version of the person lacks it."""
        return [
            {
                "source": person["source"],
                "person_ref": person["person_ref"],
                "kind": kind,
                "value": self._identity()[kind] or f"alone{n}@mail.test",
                "person_updated_at": person["updated_at"],
            }
            for n, person in enumerate(people)
            for kind in ("email", "phone")
            if n % 3 == 0
        ]

    def _surveys(self) -> Rows:
        invitations, responses, answers = [], [], []
        for n in range(60):
            common = {"source": "shop", "survey_id": "s1"}
            invitations.append(
                self._row(
                    **common,
                    **self._identity(),
                    invitation_id=f"i{n}",
                    sent_at=self._time(),
                    opened_at=self.dice.choice([self._time(), None]),
                    status=self.dice.choice(["delivered", "bounced", "completed"]),
                    touchpoint=self.dice.choice(["delivery", None]),
                    channel="email",
                )
            )
            responses.append(
                self._row(
                    **common,
                    **self._identity(),
                    response_id=f"w{n}",
                    invitation_id=f"i{n}",
                    status=self.dice.choice(["completed", "partial", "preview"]),
                    submitted_at=self._time(),
                )
            )
            given = {**common, "response_id": f"w{n}", "item_id": ""}
            answers.append(
                self._row(**given, question_id="q1", value_number=self.dice.randint(0, 11))
            )
            answers.append(
                self._row(
                    **given,
                    question_id="q2",
                    value_text=f"Text {n % 20} a@b.de",
                    sentiment=self._sentiment(),
                )
            )
        questions = [
            self._row(
                source="shop",
                survey_id="s1",
                question_id="q1",
                item_id="",
                question_type="nps",
                question_text="Would you recommend us?",
            )
        ]
        return {
            "survey_questions": questions,
            "survey_invitations": invitations,
            "survey_responses": responses,
            "survey_answers": answers,
        }

    def _support(self) -> Rows:
        cases, messages, changes, ratings = [], [], [], []
        for n in range(self.people + 10):
            opened, case = self._time(), {"source": "desk", "case_id": f"c{n}"}
            cases.append(
                self._row(
                    **case,
                    **self._identity(),
                    created_at=opened,
                    team_ref=f"t{n % 3}",
                    opened_by=self.dice.choice(["customer", "customer", "customer", None]),
                    status=self.dice.choice(["open", "pending", *["solved", "closed"] * 5]),
                    channel=self.dice.choice(["phone", "email"]),
                    topic=self.dice.choice(["bill", "parcel", None]),
                    subject=self.dice.choice(["Help", "Help", "The box is broken"]),
                    tags=self.dice.choice(['["vip"]', '["late parcel", "VIP"]', None, None]),
                    description=f"No {n}",
                    **self._stated_ends(opened),
                )
            )
            messages += [self._message(case, m, opened) for m in range(self.dice.randrange(14))]
            changes += self._changes(case, opened, cases[-1]["status"])
            ratings.append(
                self._row(
                    **case,
                    **self._identity(),
                    rating_id=f"g{n}",
                    score=self.dice.randint(1, 5),
                    scale_min=1,
                    scale_max=5,
                    comment="Fine.",
                    sentiment=self._sentiment(),
                    rated_at=opened + timedelta(days=2),
                )
            )
        stated = [
            self._row(
                source="desk",
                case_id=case["case_id"],
                clock=clock,
                minutes=self.dice.choice([None, 100, 5000]),
                business_minutes=self.dice.choice([None, 0, 900]),
            )
            for case in cases[::3]
            for clock in ("first_reply", "requester_wait")
        ]
        return {
            "case_clocks_stated": stated,
            "cases": cases,
            "case_messages": messages,
            "case_changes": changes,
            "case_ratings": ratings,
        }

    def _changes(self, case: dict[str, Any], opened: datetime, status: str) -> list[dict[str, Any]]:
        """From open through a few states and teams to a solution; some go on to where it is now."""
        states = ["open", *self.dice.choices(STATES, k=self.dice.randrange(3)), "solved"]
        if status != "solved" and self.dice.random() < 0.7:
            states.append(status)
        moved = [("status", *pair) for pair in itertools.pairwise(states)]
        moved += [("team_ref", f"t{n}", f"t{n + 1}") for n in range(self.dice.randrange(2))]
        rows, at = [], opened
        for number, (field, old, new) in enumerate(moved):
            at += timedelta(minutes=self.dice.randrange(60, 5000))
            change = {"change_id": f"h{number}", "field": field, "changed_at": at}
            rows.append({**self._row(**case, **change), "old_value": old, "new_value": new})
            rows[-1].pop("updated_at")
        if self.dice.random() < 0.05:
            merge = {"change_id": "m", "field": "merged_into_ref", "new_value": "c0"}
            rows.append({**rows[-1], **merge, "old_value": None})
        return rows

    def _message(self, case: dict[str, Any], number: int, opened: datetime) -> dict[str, Any]:
        return self._row(
            **case,
            message_id=f"m{number}",
            body=f"Message {number} of {case['case_id']}",
            sentiment=self._sentiment(),
            author_role=self.dice.choice(["customer", "agent", "agent", "agent"]),
            is_public=self.dice.random() < 0.8,
            created_at=opened + timedelta(hours=number, minutes=self.dice.randrange(60)),
        )

    def _workforce(self) -> Rows:
        teams = [
            self._row(
                source="pulse",
                team_ref=f"t{n}",
                name=f"Team {n}",
                headcount=20,
                touchpoint="support",
            )
            for n in range(4)
        ]
        questions = [
            self._row(
                source="pulse", pulse_id="u1", question_id=q, driver=q, question_type="rating"
            )
            for q in ("enps", "tools")
        ]
        answers = [
            self._row(
                source="pulse",
                pulse_id="u1",
                question_id=q,
                respondent_hash=f"h{n}",
                team_ref=f"t{min(n // 9, 3)}",
                value_number=self.dice.randint(0, 10),
                answered_at=FIRST + timedelta(days=n),
            )
            for n in range(30)
            for q in ("enps", "tools")
        ]
        return {"teams": teams, "pulse_questions": questions, "pulse_answers": answers}
