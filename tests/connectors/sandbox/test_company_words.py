from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl
import pytest

from connectors.sandbox.company.plan import LANGUAGES
from connectors.sandbox.company.words import bank as words

Table = Callable[[str], pl.DataFrame]
SLOTS = {"tea", "days", "day", "city", "order", "agent", "name"}
PRIVATE = {"email", "phone", "card", "iban"}


def phrases(language: str) -> dict[str, list[str]]:
    return words._read(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_say_everything(language: str) -> None:
    said = phrases(language)
    assert set(said) == set(phrases("en"))
    assert all(said.values())
    assert sum(len(options) for options in said.values()) > 300
    assert all(" => " in rule for rule in said["slips"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_have_no_slot_that_nobody_fills(language: str) -> None:
    for key, options in phrases(language).items():
        used = set(re.findall(r"{(\w*)}", " ".join(options)))
        assert used <= (SLOTS | PRIVATE if key == "private" else SLOTS), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_stands_twice(language: str) -> None:
    for key, options in phrases(language).items():
        assert len(set(options)) == len(options), key


def comments(table: Table) -> pl.DataFrame:
    rows = table("qualtrics_answers").filter(pl.col("key").str.ends_with("_TEXT"))
    languages = table("qualtrics_responses").unique("response_id")
    return rows.unique("response_id", keep="first").join(languages, on="response_id")


def test_comments_are_filled_in_distinct_and_in_five_languages(table: Table) -> None:
    said = comments(table)
    assert said["value_text"].n_unique() > 0.9 * len(said)
    assert not said["value_text"].str.contains(r"[{}]|null|None").any()
    assert set(said["user_language"]) == {"EN", "DE", "FR", "ES", "NL"}


def test_letters_are_filled_in_and_nearly_all_distinct(table: Table) -> None:
    letters = table("zendesk_comments").unique("id", keep="first")
    assert letters["body"].null_count() == 0
    assert not letters["body"].str.contains(r"[{}]|null|None").any()
    opening = table("zendesk_tickets").unique("id", keep="first")["description"]
    assert opening.n_unique() > 0.95 * len(opening)


def test_personal_data_in_texts_is_valid_as_numbers_and_of_nobody(table: Table) -> None:
    texts = pl.concat([comments(table)["value_text"], table("zendesk_comments")["body"]])
    cards = texts.str.extract(r"(4000 \d{4} \d{4} \d{4})").drop_nulls()
    ibans = texts.str.extract(r"(?i)(DE\d{2} 9999 9999 \d{4} \d{4} \d{2})").drop_nulls()
    assert len(cards) > 3
    assert len(ibans) > 3
    assert all(luhn(card.replace(" ", "")) for card in cards)
    assert all(mod97(iban.replace(" ", "").upper()) == 1 for iban in ibans)
    assert texts.str.contains(r"@[\w-]+\.(?:example|com|org|net)").any()
    assert texts.str.contains(r"\+\d{10}").any()


def luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def mod97(iban: str) -> int:
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97
