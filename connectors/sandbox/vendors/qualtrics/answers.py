"""What people answered, as members of the JSON of a response.

Single choices and matrix rows are numbers, several choices a list of texts, `QID1_NPS_GROUP`
stands beside a recommend question (1 detractor, 2 passive, 3 promoter); labels and the choices that
were shown repeat what the definition says. All of it as in live responses that public projects
quote.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from connectors.sandbox.vendors.render import dumps, encoded, joined
from connectors.sandbox.vendors.world import World

from .surveys import questions_of

_PROMOTER, _PASSIVE = 9, 7
_SEVERAL = {"MAVR", "MAHR", "MACOL", "MSB"}

_KEY = pl.col("key")
_NUMBER = pl.col("value_number")
_QUESTION = _KEY.str.extract(r"^(QID\d+)")
_IS_TEXT = _KEY.str.ends_with("_TEXT")


def answers_of(world: World, survey_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Per response the members of `values` and `labels`, a comma before each, and of the rest."""
    asked = questions_of(world, survey_id)
    found = (
        world.records.current("qualtrics_answers")
        .join(rows.select("response_id"), on="response_id", how="semi")
        .sort("response_id", "key")
    )
    label = _label(asked)
    shown = _shown(asked)
    return found.group_by("response_id", maintain_order=True).agg(
        values=joined(_member(_value(asked)), _group(asked)).str.join(""),
        labels=pl.when(label.is_not_null()).then(_member(label)).str.join(""),
        fields=joined('"', _KEY, '"').str.join(","),
        choices=joined('"', _KEY, '":', shown).drop_nulls().str.join(","),
    )


def _member(value: pl.Expr) -> pl.Expr:
    return joined(',"', _KEY, '":', value)


def _value(asked: list[dict[str, Any]]) -> pl.Expr:
    whole = _NUMBER.cast(pl.Int64, strict=False)
    number = (
        pl.when(whole == _NUMBER).then(whole.cast(pl.String)).otherwise(_NUMBER.cast(pl.String))
    )
    ids = [question["question_id"] for question in asked if question["selector"] in _SEVERAL]
    several = pl.when(_KEY.is_in(ids)).then(encoded(_codes()))
    return pl.coalesce(several, number, encoded(pl.col("value_text")), pl.lit("null"))


def _group(asked: list[dict[str, Any]]) -> pl.Expr:
    ids = [question["question_id"] for question in asked if question["selector"] == "NPS"]
    group = pl.when(_NUMBER >= _PROMOTER).then(3).when(_NUMBER >= _PASSIVE).then(2).otherwise(1)
    text = joined(',"', _KEY, '_NPS_GROUP":', group.cast(pl.String))
    return pl.when(_KEY.is_in(ids)).then(text).otherwise(pl.lit(""))


def _label(asked: list[dict[str, Any]]) -> pl.Expr:
    """The label of what was chosen, null where nothing can be."""
    found = [pl.lit(None, pl.String)]
    for question in asked:
        labels = {str(c["code"]): c["label"] for c in question["choices"] or []}
        if not labels:
            continue
        mine = (question["question_id"] == _QUESTION) & ~_IS_TEXT
        if question["selector"] in _SEVERAL:
            chosen = encoded(_codes().list.eval(_renamed(pl.element(), labels)))
        else:
            code = _NUMBER.cast(pl.Int64, strict=False).cast(pl.String)
            chosen = encoded(_renamed(code, labels))
        found.append(pl.when(mine).then(chosen))
    return pl.coalesce(found)


def _shown(asked: list[dict[str, Any]]) -> pl.Expr:
    """The codes of all choices of a question, null where it has none."""
    found = [pl.lit(None, pl.String)]
    for question in asked:
        codes = [choice["code"] for choice in question["choices"] or []]
        if codes:
            several = question["selector"] in _SEVERAL
            text = dumps([str(code) for code in codes] if several else codes)
            mine = (question["question_id"] == _QUESTION) & ~_IS_TEXT
            found.append(pl.when(mine).then(pl.lit(text)))
    return pl.coalesce(found)


def _codes() -> pl.Expr:
    """The table holds several choices as `1,3,5`, a single one maybe as a number."""
    single = _NUMBER.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.coalesce(pl.col("value_text"), single).str.split(",")


def _renamed(code: pl.Expr, labels: dict[str, str]) -> pl.Expr:
    return code.replace_strict(labels, default=None, return_dtype=pl.String)
