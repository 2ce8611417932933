from __future__ import annotations

import polars as pl
import pytest
from desk import Desk

from connectors.errors import FixConfiguration

NPS = """
files: nps.csv
columns:
  survey_id: {constant: shop_nps}
  response_id: id
questions:
  - {columns: score, as: number, id: recommend, type: nps, scale_min: 0, scale_max: 10}
  - {columns: why, as: text}
tables:
  survey_responses:
    columns:
      submitted_at: {column: at, format: "%d/%m/%Y %H:%M", time_zone: Europe/London}
      touchpoint: step
      status: {constant: completed}
  survey_answers: {}
  survey_questions: {}
"""
"""The smallest real survey: a score, a reason, and where on the journey it was asked."""

HEADER = "id,at,step,score,why,browser\n"


def test_a_wide_export_becomes_responses_answers_and_questions(desk: Desk) -> None:
    desk.put(
        "nps.csv", HEADER + "1,05/07/2018 12:00,Order,9,quick,Firefox\n2,05/01/2018 12:00,Pay,,,\n"
    )

    (manifest,) = desk.land(NPS)

    assert (manifest.counts.read, manifest.counts.accepted) == (2, 2)
    responses = desk.table("survey_responses").sort("response_id")
    assert responses["submitted_at"].dt.hour().to_list() == [11, 12]
    assert responses["touchpoint"].to_list() == ["Order", "Pay"]
    assert responses["attributes"].to_list() == ['{"browser":"Firefox"}', "{}"]
    answers = desk.table("survey_answers").sort("question_id")
    assert answers.select("response_id", "question_id", "value_number", "value_text").rows() == [
        ("1", "recommend", 9.0, None),
        ("1", "why", None, "quick"),
    ]
    questions = desk.table("survey_questions").sort("position")
    assert questions["question_type"].to_list() == ["nps", "text"]
    assert questions["scale_max"].to_list() == [10.0, None]


def test_a_row_with_a_bad_value_is_set_aside_whole_and_the_rest_lands(desk: Desk) -> None:
    desk.put(
        "nps.csv",
        HEADER + "1,05/07/2018 12:00,Order,nine,quick,\n2,05/01/2018 12:00,Pay,3,slow,\n",
    )

    (manifest,) = desk.land(NPS)

    assert (manifest.counts.accepted, manifest.counts.rejected) == (1, 1)
    assert desk.table("survey_responses")["response_id"].to_list() == ["2"]
    assert desk.table("survey_answers")["response_id"].unique().to_list() == ["2"]
    record, path, reason, body = desk.rejects().row(0)
    assert (record, path, reason) == (1, "survey_answers.score", "not a number")
    assert '"score":"nine"' in body


def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is_a_new_version(desk: Desk) -> None:
    path = desk.put("nps.csv", HEADER + "1,05/07/2018 12:00,Order,9,quick,\n")
    (first,) = desk.land(NPS)
    assert desk.land(NPS) == []
    path.touch()
    assert desk.land(NPS) == []

    desk.put("nps.csv", HEADER + "1,05/07/2018 12:00,Order,8,quick,\n")
    (second,) = desk.land(NPS)

    assert (first.overlaps, second.overlaps) == (False, True)
    scores = desk.table("survey_answers").filter(pl.col("question_id") == "recommend")
    assert scores.sort("_load_id")["value_number"].to_list() == [9.0, 8.0]


def test_two_columns_cannot_be_the_same_question_and_item(desk: Desk) -> None:
    desk.put("nps.csv", HEADER + "1,05/07/2018 12:00,Order,9,quick,Firefox\n")
    with pytest.raises(FixConfiguration, match="'score' and 'why' would be the same question"):
        desk.land(NPS.replace("{columns: why,", "{columns: why, id: recommend,"))


def test_a_template_that_the_header_cannot_fill_is_refused(desk: Desk) -> None:
    desk.put("nps.csv", HEADER + "1,05/07/2018 12:00,Order,9,quick,Firefox\n")
    with pytest.raises(FixConfiguration, match=r"the header has nothing called \{3\}"):
        desk.land(NPS.replace("id: recommend", 'id: "{3}"'))
