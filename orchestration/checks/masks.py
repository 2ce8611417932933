"""What models mask in texts, as the release gate asks for it: the same macro, rendered here too.

A pattern that stood here and there would be mended in one place only.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment

from orchestration.dbt.manifest import PROJECT
from orchestration.warehouse.sql import literal

KINDS = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "card": "a card number",
    "iban": "an account number",
}
"""Masks, without their brackets, and what each stands for."""


def masked(column: str) -> str:
    """SQL of a text without what is masked; the text itself where nothing has to be."""
    return str(_macros().duckdb__redact(column))


def may_hold_email(column: str) -> str:
    """SQL condition that spares most values the search for an address, which takes longer."""
    return f"regexp_matches({column}, {literal(_macros().email_sign())})"


def holds_email(column: str) -> str:
    """SQL condition: whether a value holds an e-mail address."""
    # extracting is several times as quick as matching where a pattern is a long one
    return f"regexp_extract({column}, {literal(_macros().email_address())}) <> ''"


def kinds_added(text: str, redacted: str) -> str:
    """SQL list of the kinds that a text holds, in words; its mask stands in the redacted one."""
    found = ", ".join(
        f"case when {_count(redacted, kind)} > {_count(text, kind)} then '{words}' end"
        for kind, words in KINDS.items()
    )
    return f"list_filter([{found}], lambda kind: kind is not null)"


def _count(text: str, kind: str) -> str:
    return f"(length({text}) - length(replace({text}, '[{kind}]', '')))"


@cache
def _macros() -> Any:  # noqa: ANN401 - the macros of a template are its attributes
    # SQLAlchemy takes the colon of a group, (?:1|2), for the name of a parameter, but not one
    # behind a letter; the flag s is about points that stand for any character, and there is none
    source = (PROJECT / "macros" / "redact.sql").read_text().replace("(?:", "(?s:")
    # it makes SQL, where nothing is to be escaped for HTML
    return Environment(autoescape=False).from_string(source).make_module()  # noqa: S701
