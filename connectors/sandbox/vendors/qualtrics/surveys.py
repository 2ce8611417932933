"""Surveys and what they ask.

`/survey-definitions/{id}` and `/surveys/{id}` in the shapes recorded with qualtRics (2025). A
matrix has its statements as `Choices` and its scale as `Answers` in the first, and as
`subQuestions` and `choices` in the second.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Why
from connectors.sandbox.vendors.render import iso, record
from connectors.sandbox.vendors.world import World

from .errors import result
from .paging import paged

OWNER = "UR_8wfG5qsMxuh0Jrn"
BRAND = "sandbox"


def surveys(world: World, call: Call) -> Reply:
    """`GET /surveys`."""
    rows = world.records.current("qualtrics_surveys").sort("id")
    fields: dict[str, str | pl.Expr] = {
        "id": "id",
        "name": "name",
        "lastModified": iso("last_modified"),
        "creationDate": iso("created_at"),
        "isActive": "is_active",
    }
    return paged(call, rows, record(fields, {"ownerId": OWNER}), "qualtrics_surveys")


def survey_of(world: World, survey_id: str) -> dict[str, Any]:
    """One survey's row."""
    rows = world.records.current("qualtrics_surveys").filter(pl.col("id") == survey_id)
    if rows.is_empty():
        raise Refuse(Why.UNKNOWN_RECORD, survey_id)
    return rows.row(0, named=True)


def questions_of(world: World, survey_id: str) -> list[dict[str, Any]]:
    """A survey's questions as they now read, in the order of their ids."""
    rows = world.records.current("qualtrics_questions").filter(pl.col("survey_id") == survey_id)
    order = pl.col("question_id").str.extract(r"(\d+)").cast(pl.Int64)
    return rows.sort(order, "question_id").to_dicts()


def definition(world: World, call: Call) -> Reply:
    """`GET /survey-definitions/{id}`."""
    survey = survey_of(world, call.params["id"])
    asked = questions_of(world, survey["id"])
    elements = [{"Type": "Question", "QuestionID": q["question_id"]} for q in asked]
    changed = _iso(survey["last_modified"])
    return result(
        {
            "QuestionCount": str(len(asked)),
            "SurveyOptions": {"SurveyLanguage": "EN", "AnonymizeResponse": "No"},
            "SurveyID": survey["id"],
            "SurveyName": survey["name"],
            "SurveyStatus": "Active" if survey["is_active"] else "Inactive",
            "LastModified": changed,
            "BrandID": BRAND,
            "OwnerID": OWNER,
            "LastAccessed": None,
            "CreatorID": OWNER,
            "LastActivated": _iso(survey["created_at"]),
            "Questions": {q["question_id"]: _defined(q) for q in asked},
            "Blocks": {
                "BL_1": {"Type": "Default", "Description": "Default", "BlockElements": elements}
            },
            "ResponseSets": {"RS_1": "Default Response Set"},
            "SurveyFlow": {"Type": "Root", "FlowID": "FL_1", "Flow": []},
            "Scoring": {"ScoringCategories": [], "ScoringCategoryGroups": []},
            "ProjectInfo": {"SurveyID": survey["id"], "ProjectCategory": "CX"},
            "BrandBaseURL": "https://sandbox.qualtrics.com",
        }
    )


def metadata(world: World, call: Call) -> Reply:
    """`GET /surveys/{id}`: the older form."""
    survey = survey_of(world, call.params["id"])
    asked = questions_of(world, survey["id"])
    elements = [{"type": "Question", "questionId": q["question_id"]} for q in asked]
    return result(
        {
            "id": survey["id"],
            "name": survey["name"],
            "ownerId": OWNER,
            "organizationId": BRAND,
            "isActive": survey["is_active"],
            "creationDate": _iso(survey["created_at"]),
            "lastModifiedDate": _iso(survey["last_modified"]),
            "expiration": {"startDate": None, "endDate": None},
            "questions": {q["question_id"]: _described(q) for q in asked},
            "exportColumnMap": {q["tag"]: {"question": q["question_id"]} for q in asked},
            "blocks": {"BL_1": {"description": "Default", "elements": elements}},
            "flow": [{"id": "BL_1", "type": "Block"}],
            "embeddedData": [{"name": name} for name in ("touchpoint", "segment")],
            "comments": {},
            "loopAndMerge": {},
            "responseCounts": {"auditable": 0, "generated": 0, "deleted": 0},
        }
    )


def _defined(question: dict[str, Any]) -> dict[str, Any]:
    choices, rows = question["choices"] or [], question["rows"] or []
    found: dict[str, Any] = {
        "QuestionText": question["text"],
        "DataExportTag": question["tag"],
        "QuestionType": question["type"],
        "Selector": question["selector"],
        "Configuration": {"QuestionDescriptionOption": "UseText"},
        "QuestionDescription": question["text"],
    }
    if question["type"] == "MC":
        found["SubSelector"] = "TX"
    if rows:
        found |= {"Choices": _displays(rows), "ChoiceOrder": [str(row["code"]) for row in rows]}
        found |= {"Answers": _displays(choices), "AnswerOrder": [c["code"] for c in choices]}
    elif choices:
        found |= {"Choices": _displays(choices), "ChoiceOrder": [str(c["code"]) for c in choices]}
    return found | {
        "Validation": {"Settings": {"ForceResponse": "OFF", "Type": "None"}},
        "Language": [],
        "NextChoiceId": len(choices) + 1,
        "NextAnswerId": 1,
        "QuestionID": question["question_id"],
        "DataVisibility": {"Private": False, "Hidden": False},
        "QuestionText_Unsafe": question["text"],
    }


def _described(question: dict[str, Any]) -> dict[str, Any]:
    kind = {"type": question["type"], "selector": question["selector"], "subSelector": None}
    found: dict[str, Any] = {
        "questionType": kind,
        "questionText": question["text"],
        "questionLabel": None,
        "validation": {"doesForceResponse": False},
        "questionName": question["tag"],
    }
    if question["choices"]:
        found["choices"] = {
            str(c["code"]): _choice(c) | {"analyze": True} for c in question["choices"]
        }
    if question["rows"]:
        found["subQuestions"] = {str(row["code"]): _choice(row) for row in question["rows"]}
    return found


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    return {
        "recode": str(choice["code"]),
        "description": choice["label"],
        "choiceText": choice["label"],
        "imageDescription": None,
        "variableName": None,
    }


def _displays(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {str(c["code"]): {"Display": c["label"]} for c in choices}


def _iso(moment: Any) -> str | None:  # noqa: ANN401 - a row's value
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
