"""A wrong rule of a seed is named with what to do about it, and no sound one is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from warehouse import SEEDS, Warehouse

from orchestration.dbt import findings as dbt_findings
from orchestration.settings import Settings

pytestmark = pytest.mark.slow

MODELS = ("--resource-type", "seed", "--resource-type", "model")
QUESTIONS = """\
source,survey_id,question_id,item_id,metric,scale_min,scale_max,top_box_from,reversed,excluded_values,touchpoint,valid_from,valid_to,note
shop,s1,sound,,csat,1,5,4,,,,,,
shop,,everywhere,,nps,0,10,,,,,,,
shop,s1,,,nps,0,10,,,,,,,
shop,s1,q1,,npss,0,10,,,,,,,
shop,s1,q2,,csat,5,1,,,,,,,
shop,s1,q3,,nps,1,7,,,,,,,
shop,s1,q4,a,csat,1,5,6,,,,,,
shop,s1,q5,,csat,1,5,,,,,,,
shop,s1,q5,,rating,1,5,,,,,2025-05-01,,
shop,s1,q6,,csat,1,5,,,,,2025-05-01,2025-04-01,
shop,s1,sound in turn,,csat,1,5,,,,,,2025-04-30,
shop,s1,sound in turn,,csat,1,7,,,,,2025-05-01,,
"""
TOUCHPOINTS = """\
priority,source,kind,match_column,match_value,stage,touchpoint
1,,case,field:form,complaint,need help,complaint
2,,,,,,any
3,,case,chanel,phone,need help,phone
4,,case,channel,,need help,phone
5,,review,tag,slow,use,speed
6,,case,tag,slow,use,
7,,cases,,,use,speed
8,,case,,,use,one
8,,case,,,use,other
9,,case,,,use," "
"""

THEMES = r"""theme,language,kind,pattern,description
sound,en,any,\bfine\b,
,en,any,lost,
"one, two",,any,lost,
no pattern,,any,,
tone,,neutral,lost,
language,English,any,lost,
open,,any,(lost,
look-around,,any,(?<=a)lost,
unclosed,,any,\Qlost,
everything,,any,lost|,
"""
BLOCKLIST = """\
kind,value,reason
 Email ,Desk@Firm.test,sound
email,info@,sound
email,@Firm.test,sound
phone,0049 (170) 1234567,sound
External,N/A,sound
email,n/a,not an address
e-mail,desk@firm.test,not a kind
,desk@firm.test,no kind
phone,12345,not a number
person,,no id
"""
NAMESPACES = """\
source,namespace
shop,common
desk,common
shop,other
,common
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("rules")
    seeds = shutil.copytree(SEEDS, folder / "seeds")
    (seeds / "question_map.csv").write_text(QUESTIONS)
    (seeds / "touchpoint_map.csv").write_text(TOUCHPOINTS)
    (seeds / "theme_map.csv").write_text(THEMES)
    (seeds / "identity_blocklist.csv").write_text(BLOCKLIST)
    (seeds / "external_id_namespaces.csv").write_text(NAMESPACES)
    built = Warehouse(folder / "house")
    built.dbt("seed", seeds=seeds)
    built.dbt(
        "test",
        "--select",
        "question_map",
        "touchpoint_map",
        "theme_map",
        "identity_blocklist",
        "external_id_namespaces",
        "email_providers",
        seeds=seeds,
        check=False,
        artifacts=True,
    )
    return built


@pytest.fixture(scope="module")
def results(house: Warehouse) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = json.loads(
        (house.folder / "target" / "run_results.json").read_text()
    )["results"]
    return written


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (
            "question_map",
            {
                "survey_id s1, question_id empty, item_id empty": "source and question_id name",
                "survey_id s1, question_id q1, item_id empty": "metric is one of",
                "survey_id s1, question_id q2, item_id empty": "the ends of the scale",
                "survey_id s1, question_id q3, item_id empty": "defined on 0 to 10 only",
                "survey_id s1, question_id q4, item_id a": "top_box_from lies on the scale",
                "survey_id s1, question_id q5, item_id empty": (
                    "its rows csat 1-5 from ever until ever and rating 1-5 from 2025-05-01 "
                    "until ever count on the same days"
                ),
                "survey_id s1, question_id q6, item_id empty": "valid_to lies before valid_from",
            },
        ),
        (
            "touchpoint_map",
            {
                "priority 3": "match_column is one of",
                "priority 4": "match_value is empty",
                "priority 5": "only cases have tags",
                "priority 6": "touchpoint is empty",
                "priority 7": "kind is one of survey, case",
                "priority 8": "give each rule one of its own",
                "priority 9": "touchpoint is empty",
            },
        ),
        (
            "theme_map",
            {
                "theme empty, language en, pattern lost": "theme is empty",
                "theme one, two, language empty, pattern lost": "no comma",
                "theme no pattern, language empty, pattern empty": "pattern is empty",
                "theme tone, language empty, pattern lost": "kind is praise",
                "theme language, language English, pattern lost": "two or three letters",
                "theme open, language empty, pattern (lost": "no regular expression",
                "theme look-around, language empty, pattern (?<=a)lost": "look-around",
                "theme unclosed, language empty, pattern \\Qlost": "no regular expression",
                "theme everything, language empty, pattern lost|": "found in an empty text",
            },
        ),
        (
            "blocklist",
            {
                "identity_blocklist row 6": "its value is no address",
                "identity_blocklist row 7": "write person, external, email, phone",
                "identity_blocklist row 8": "its kind is none",
                "identity_blocklist row 9": "its value is no number",
                "identity_blocklist row 10": "its value is empty",
            },
        ),
    ],
)
def test_each_wrong_rule_and_no_other_is_returned_with_its_remedy(
    house: Warehouse, results: list[dict[str, Any]], seed: str, expected: dict[str, str]
) -> None:
    [query] = [r["compiled_code"] for r in results if f"{seed}_is_sound" in r["unique_id"]]
    found = dict(house.rows(f"select distinct culprit, remedy from ({query})"))

    assert len(found) == len(expected)
    for culprit, remedy in found.items():
        [part] = [says for name, says in expected.items() if culprit.endswith(name)]
        assert part in remedy


def test_a_value_that_is_listed_twice_or_missing_is_named(
    house: Warehouse, results: list[dict[str, Any]]
) -> None:
    told = dbt_findings.told(Settings(data=house.folder), results)

    assert told["listed_once_external_id_namespaces_source"] == (
        "source empty: fill it, or take the row out; "
        "source shop: listed in 2 rows: keep one of them"
    )


def test_the_first_few_are_told_and_the_rest_counted(
    house: Warehouse, results: list[dict[str, Any]]
) -> None:
    told = dbt_findings.told(Settings(data=house.folder), results)

    rules = told["touchpoint_map_is_sound_touchpoint_map_"]
    assert rules.startswith("rule of priority 3: match_column is one of channel")
    assert rules.endswith("; and 5 more")
    # whose rows may hold anything is not told
    assert set(told) == {
        "blocklist_is_sound_identity_blocklist_",
        "listed_once_external_id_namespaces_source",
        "question_map_is_sound_question_map_",
        "theme_map_is_sound_theme_map_",
        "touchpoint_map_is_sound_touchpoint_map_",
    }


def test_a_pattern_that_cannot_be_read_stops_no_other(house: Warehouse, tmp_path: Path) -> None:
    seeds = shutil.copytree(SEEDS, tmp_path / "seeds")
    (seeds / "theme_map.csv").write_text(THEMES)
    house.load({"reviews": [{"source": "shop", "review_id": "r", "body": "It was FINE."}]})
    house.dbt("build", *MODELS, "--select", "+int_text_themes", seeds=seeds)

    found = house.rows("select rules_found from intermediate.int_text_themes")
    assert found == [("sound|en|any",)]


def test_two_readings_of_one_question_on_one_day_are_told(
    warehouse: Callable[[str], Warehouse], tmp_path: Path
) -> None:
    seeds = shutil.copytree(SEEDS, tmp_path / "seeds")
    turns = "".join(line for line in QUESTIONS.splitlines(keepends=True) if "in turn" in line)
    (seeds / "question_map.csv").write_text(QUESTIONS.splitlines(keepends=True)[0] + turns)
    twice = warehouse("twice")
    checks = ("test", "--select", "one_reading_a_day_int_question_map_")
    twice.dbt("build", *MODELS, "--select", "+int_question_map", seeds=seeds)
    assert "PASS one_reading_a_day" in twice.dbt(*checks, seeds=seeds)

    with twice.open() as db:
        db.execute("update intermediate.int_question_map set valid_to = null")
    assert "FAIL 1 one_reading_a_day" in twice.dbt(*checks, seeds=seeds, check=False)


def test_what_is_only_a_warning_is_told_too(house: Warehouse) -> None:
    warned = {
        "status": "warn",
        "unique_id": "test.earful.no_row_is_wrong_journeys_to_check_.1a2b",
        "compiled_code": "select 'journey_marks: again,start' as culprit, 'no such kind' as remedy",
    }

    assert dbt_findings.told(Settings(data=house.folder), [warned]) == {
        "no_row_is_wrong_journeys_to_check_": "journey_marks: again,start: no such kind"
    }


def test_a_failed_model_is_not_taken_for_a_failed_test() -> None:
    tests = [{"status": "pass"}, {"status": "fail"}, {"status": "skipped"}]

    assert dbt_findings.only_tests_failed(tests)
    assert not dbt_findings.only_tests_failed([*tests, {"status": "error"}])
    assert not dbt_findings.only_tests_failed([{"status": "pass"}])
