"""The query of a control chart computes the limits and finds what breaks a rule."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from published import Published, measure, months, publish

from orchestration.report import config, facts
from orchestration.report.drawings.control import control, tone
from orchestration.report.drawings.svg import clock_ticks
from orchestration.report.figure import Result, Row
from orchestration.report.figures.context import Context
from orchestration.report.figures.control import LEAST, sql
from orchestration.warehouse import connect

FLAT = [20.0, 22.0, 20.0, 22.0, 20.0, 22.0, 20.0, 22.0, 20.0, 22.0, 20.0, 22.0]
Chart = Callable[..., list[Row]]


@pytest.fixture
def chart(tmp_path: Path) -> Chart:
    """The rows of the chart of a score with these values, the last one in July."""

    def made(values: list[float], **more: Any) -> list[Row]:  # noqa: ANN401 - columns of a month
        published = publish(tmp_path)
        per = zip(months(len(values)), values, strict=True)
        published.add("metrics", [measure("nps", month, value, **more) for month, value in per])
        return asked(published)

    return made


def asked(
    published: Published, version: str = "nps 1", places: tuple[str, ...] = ("all",)
) -> list[Row]:
    file = published.folder / "earful.duckdb"
    with connect(file, read_only=True) as connection:
        context = Context(facts.read(connection), config.load(None), ("nps",))
        answer = connection.execute(sql(context, "nps", version, places))
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def rules(rows: list[Row]) -> list[str | None]:
    return [row["rule"] for row in rows]


def test_limits_are_the_mean_and_266_mean_moving_ranges(chart: Chart) -> None:
    values = [20.0, 26.0, 18.0, 25.0, 21.0, 30.0, 16.0, 22.0]
    moves = [abs(b - a) for a, b in itertools.pairwise(values)]

    rows = chart(values)

    assert rows[0]["mean"] == pytest.approx(statistics.mean(values))
    half = 2.66 * statistics.mean(moves)
    assert rows[0]["upper_limit"] == pytest.approx(statistics.mean(values) + half)
    assert rows[0]["lower_limit"] == pytest.approx(statistics.mean(values) - half)


def test_chance_alone_breaks_no_rule(chart: Chart) -> None:
    assert set(rules(chart(FLAT))) == {None}


def test_a_month_outside_a_limit_is_marked(chart: Chart) -> None:
    rows = chart([*FLAT, *FLAT, 45.0])

    assert [bool(rule) for rule in rules(rows)] == [False] * 24 + [True]
    assert "outside a limit" in str(rows[-1]["rule"])


@pytest.mark.parametrize(("length", "marked"), [(6, 0), (7, 7), (8, 8)])
def test_seven_on_one_side_are_marked_all_of_them(chart: Chart, length: int, marked: int) -> None:
    # ups and downs so wide that no other rule speaks
    wide = [10.0, 30.0] * 6
    rows = chart([*wide, 10.0, *[24.0, 25.0, 23.0, 25.0, 24.0, 25.0, 23.0, 25.0][:length], 10.0])

    hits = [i for i, rule in enumerate(rules(rows)) if rule]
    assert hits == list(range(13, 13 + marked))


def test_two_of_three_near_a_limit_are_marked_and_the_third_is_not(chart: Chart) -> None:
    rows = chart([*FLAT, 26.0, 21.0, 26.0, *FLAT])

    found = [i for i, rule in enumerate(rules(rows)) if rule and "two of three" in rule]
    assert found == [12, 14]


def test_one_of_three_near_a_limit_is_chance(chart: Chart) -> None:
    rows = chart([*FLAT, 26.0, 21.0, 21.5, 26.0, *FLAT])

    assert not any("two of three" in (rule or "") for rule in rules(rows))


def test_two_of_three_in_the_middle_third_are_chance(chart: Chart) -> None:
    assert set(rules(chart([*FLAT, 24.0, 21.0, 24.0, *FLAT]))) == {None}


@pytest.mark.parametrize(("rising", "marked"), [(5, 0), (6, 6), (7, 7)])
@pytest.mark.parametrize("sign", [1, -1], ids=["rising", "falling"])
def test_six_rising_or_falling_are_marked_with_the_first(
    chart: Chart, rising: int, marked: int, sign: int
) -> None:
    slope = [sign * (18.0 + i) for i in range(rising)]
    noise = [sign * v for v in (24.0, 16.0, 25.0, 15.0, 24.0, 16.0, 25.0)]
    rows = chart([*noise, 18.0 * sign - sign * 4, 25.0 * sign, *slope, 10.0 * sign, 24.0 * sign])

    told = "six rising" if sign > 0 else "six falling"
    hits = [i for i, rule in enumerate(rules(rows)) if rule and told in rule]
    assert hits == list(range(9, 9 + marked))
    # wherever they lie: who rises from below the mean gets better
    assert {rows[i]["direction"] for i in hits if rules(rows)[i] == told} <= {sign}


def test_a_month_of_few_answers_is_in_no_limit_and_no_rule(tmp_path: Path) -> None:
    published = publish(tmp_path)
    values = [*FLAT, 90.0]
    published.add(
        "metrics",
        [
            measure("nps", month, value, n=3 if value > 50 else 40)
            for month, value in zip(months(13), values, strict=True)
        ],
    )

    rows = asked(published)

    assert rows[-1]["counts"] is False
    assert rows[-1]["rule"] is None
    assert rows[0]["mean"] == pytest.approx(statistics.mean(FLAT))
    assert tone(rows[-1], config.load(None).words("nps")) == "small"


def test_another_method_version_has_a_chart_of_its_own(tmp_path: Path) -> None:
    published = publish(tmp_path)
    for version, level in (("nps 1", 20), ("nps 2", 60)):
        published.add(
            "metrics",
            [
                measure("nps", m, level + i % 2, method_version=version)
                for i, m in enumerate(months(8))
            ],
        )

    assert {row["mean"] for row in asked(published, "nps 2")} == {60.5}


def test_too_few_months_have_no_limits(chart: Chart) -> None:
    rows = chart(FLAT[: LEAST - 1])

    assert len(rows) == LEAST - 1
    assert {row["upper_limit"] for row in rows} == {None}


def test_limits_stay_within_what_a_score_can_be(chart: Chart) -> None:
    rows = chart([-90.0, 95.0, -80.0, 90.0, -95.0, 99.0])

    assert (rows[0]["lower_limit"], rows[0]["upper_limit"]) == (-100, 100)


def test_a_score_that_never_moves_breaks_no_rule(chart: Chart) -> None:
    assert set(rules(chart([20.0] * 10))) == {None}


def test_a_month_that_is_still_running_is_left_out(tmp_path: Path) -> None:
    published = publish(tmp_path)
    published.add("metrics", [measure("nps", date(2026, month, 1), 20.0) for month in (6, 7, 8)])

    assert [row["period_start"].month for row in asked(published)] == [6, 7]


def test_what_is_better_decides_what_is_blue(chart: Chart) -> None:
    known = config.load(None)
    row = chart([*FLAT, *FLAT, 45.0])[-1]

    assert tone(row, known.words("nps")) == "good"
    assert tone(row, known.words("reopen_rate")) == "bad"


def test_months_that_rise_below_the_mean_get_better(chart: Chart) -> None:
    rows = chart([*[28.0, 24.0] * 6, *[18.0 + i / 10 for i in range(6)], *[28.0, 24.0] * 2])
    words = config.load(None).words("nps")

    first = rows[12]
    assert first["rule"] == "six rising"
    assert first["value"] < first["mean"]
    assert tone(first, words) == "good"


def test_the_month_from_which_they_rise_counts_though_one_of_few_answers_follows(
    tmp_path: Path,
) -> None:
    published = publish(tmp_path)
    values = [*[28.0, 24.0] * 6, 18.0, 90.0, *[18.1 + i / 10 for i in range(5)]]
    published.add(
        "metrics",
        [
            measure("nps", month, value, n=3 if value > 50 else 40)
            for month, value in zip(months(19), values, strict=True)
        ],
    )

    hits = [i for i, rule in enumerate(rules(asked(published))) if rule and "six rising" in rule]

    assert hits == [12, *range(14, 19)]


def test_each_touchpoint_has_limits_of_its_own_and_all_scores_one_scale(tmp_path: Path) -> None:
    published = publish(tmp_path)
    for place, level in (("app", 10), ("billing", -60)):
        published.add(
            "metrics",
            [
                measure("nps", m, level + i % 2, touchpoint=place, n=900)
                for i, m in enumerate(months(8))
            ],
        )

    rows = asked(published, places=("billing", "app"))

    assert [row["touchpoint"] for row in rows] == ["billing"] * 8 + ["app"] * 8
    assert [rows[0]["mean"], rows[-1]["mean"]] == [-59.5, 10.5]
    result, words = Result(tuple(rows[0]), tuple(rows)), config.load(None).words("nps")
    billing, app = control(result, words, "name").split("<svg")[1:]
    assert "billing</text>" in billing
    assert "app</text>" in app
    # what can be measured on one scale is, and what takes minutes here and days there is not
    assert marks(billing) == marks(app) != []
    durations = words.model_copy(update={"unit": "minutes"})
    billing, app = control(result, durations, "name").split("<svg")[1:]
    assert marks(billing) != marks(app)


def marks(svg: str) -> list[str]:
    """Labels of the axis of values."""
    return re.findall(r'text-anchor="end"[^>]*>([^<]*)</text>', svg)


def test_limits_are_computed_anew_after_a_break_and_both_sides_are_marked(tmp_path: Path) -> None:
    published = publish(tmp_path)
    two, twelve = months(14)[:6], months(14)[6:]
    published.add("metrics", [measure("nps", month, value) for month, value in zip(two, FLAT)])  # noqa: B905 - as many as there are
    published.add(
        "metrics",
        [
            measure("nps", month, -value, method_version="nps 2", break_before=i == 0)
            for i, (month, value) in enumerate(zip(twelve, FLAT))  # noqa: B905 - same
        ],
    )

    before, after = asked(published), asked(published, "nps 2")

    assert (before[0]["mean"], after[0]["mean"]) == (21, -21)
    assert {row["ended_at"] for row in before} == {twelve[0]}
    assert [row["period_start"] for row in after if row["break_before"]] == [twelve[0]]
    assert {row["ended_at"] for row in after} == {None}
    assert not any(row["break_before"] for row in before)
    for rows, says in ((before, "measured otherwise"), (after, "measured so from here")):
        result = Result(tuple(rows[0]), tuple(rows))
        assert says in control(result, config.load(None).words("nps"), "name")


def test_a_version_that_ended_within_a_month_keeps_it(tmp_path: Path) -> None:
    published = publish(tmp_path)
    year = months(14)
    old, new = zip(year[:7], FLAT), zip(year[6:], FLAT)  # noqa: B905 - as many as there are
    published.add("metrics", [measure("nps", month, value) for month, value in old])
    published.add(
        "metrics",
        [
            measure("nps", month, -value, method_version="nps 2", break_before=i == 0)
            for i, (month, value) in enumerate(new)
        ],
    )

    before, after = asked(published), asked(published, "nps 2")

    # that month is told both ways, and the next one by the new way only
    assert before[-1]["period_start"] == after[0]["period_start"] == year[6]
    assert {row["ended_at"] for row in before} == {year[7]}
    assert [row["period_start"] for row in after if row["break_before"]] == [year[6]]
    assert {row["ended_at"] for row in after} == {None}


@pytest.mark.parametrize(
    ("domain", "ticks"),
    [
        ([-4.0, 61.0], [0, 15, 30, 45, 60]),
        ([130.0, 700.0], [240, 360, 480, 600]),
        ([0.0, 5000.0], [0, 1440, 2880, 4320]),
        ([10.0, 10.5], [10]),
    ],
)
def test_an_axis_of_durations_counts_in_minutes_hours_or_days(
    domain: list[float], ticks: list[int]
) -> None:
    assert clock_ticks(domain, 5) == ticks


def test_a_touchpoint_whose_name_is_markup_is_text_in_a_picture(tmp_path: Path) -> None:
    published = publish(tmp_path)
    names = ("<script>alert(1)</script>", "a & b")
    for name in names:
        published.add("metrics", [measure("nps", m, 20.0, touchpoint=name) for m in months(3)])

    rows = asked(published, places=names)

    drawn = control(Result(tuple(rows[0]), tuple(rows)), config.load(None).words("nps"), "name")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</text>" in drawn
    assert "a &amp; b</text>" in drawn
    assert "<script" not in drawn
