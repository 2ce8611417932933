"""Whatever is wrong with an export is one clear sentence, and nothing of it has landed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk

from connectors.errors import (
    EarfulError,
    FixConfiguration,
    FixEnvironment,
    FixInput,
    Locked,
    TryAgain,
)
from connectors.files import StreamConfig, stream

REVIEWS = """
files: "*.csv"
tables:
  reviews:
    columns:
      review_id: id
      reviewed_at: {column: at, format: "%Y-%m-%d"}
      rating: stars
      body: text
"""
ROWS = "id,at,stars,text\n1,2026-01-01,5,good\n2,2026-01-02,1,bad\n"


def refused(desk: Desk, error: type[EarfulError], code: str, mapping: str = REVIEWS) -> str:
    """Land, expect one sentence with this code, and nothing left behind."""
    with pytest.raises(error) as caught:
        desk.land(mapping, "review")
    assert caught.value.code == code
    assert desk.leftovers() == []
    return str(caught.value)


def test_a_missing_folder_is_named(desk: Desk) -> None:
    desk.exports.rmdir()
    assert "exports: the folder of shop.answers is not there" in refused(
        desk, FixInput, "FILES-FOLDER"
    )


def test_a_missing_file_is_an_error_the_first_time_and_no_news_later(desk: Desk) -> None:
    assert "matches *.csv" in refused(desk, FixInput, "FILES-NONE")
    path = desk.put("a.csv", ROWS)
    desk.land(REVIEWS, "review")
    path.unlink()
    assert desk.land(REVIEWS, "review") == []


def test_an_empty_file_is_refused(desk: Desk) -> None:
    desk.put("a.csv", "")
    assert "a.csv: the file is empty" in refused(desk, FixInput, "FILE-EMPTY")


def test_a_file_of_blank_lines_has_no_header(desk: Desk) -> None:
    desk.put("a.csv", "\n\n")
    refused(desk, FixInput, "FILE-EMPTY")


def test_a_file_with_a_header_and_no_rows_lands_an_empty_package(desk: Desk) -> None:
    desk.put("a.csv", "id,at,stars,text\n")
    (manifest,) = desk.land(REVIEWS, "review")
    assert manifest.counts.read == 0
    assert desk.table("reviews").height == 0


def test_a_wrong_encoding_names_the_first_bad_byte_and_the_remedy(desk: Desk) -> None:
    desk.put("a.csv", ROWS + "3,2026-01-03,5,déçu\n", "windows-1252")
    sentence = refused(desk, FixInput, "FILE-ENCODING")
    assert f"byte {len(ROWS) + len('3,2026-01-03,5,d')} is not utf-8" in sentence
    assert "encoding: windows-1252" in sentence


def test_a_wrong_encoding_behind_the_first_megabyte_is_found_too(desk: Desk) -> None:
    rows = ROWS + "".join(f"{n},2026-01-03,5,fine\n" for n in range(10, 60_000))
    desk.put("a.csv", rows.encode() + b"9,2026-01-03,5,d\xe9\n")
    assert f"byte {len(rows) + 16} is not utf-8" in refused(desk, FixInput, "FILE-ENCODING")


def test_a_character_cut_off_at_a_block_border_is_named_by_its_first_byte(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a character of three bytes, of which two stand before the border and one is missing
    monkeypatch.setattr("connectors.files.encoding.BLOCK", len(ROWS) + 2)
    desk.put("a.csv", ROWS.encode() + b"\xe2\x82x,2026-01-03,5,fine\n")
    assert f"byte {len(ROWS)} is not utf-8" in refused(desk, FixInput, "FILE-ENCODING")


def test_an_encoding_that_does_not_exist_is_a_configuration_mistake(desk: Desk) -> None:
    desk.put("a.csv", ROWS)
    refused(desk, FixConfiguration, "FILE-ENCODING", "encoding: utf-9" + REVIEWS)


def test_utf_16_without_a_mark_is_recognised_by_its_nul_bytes(desk: Desk) -> None:
    desk.put("a.csv", ROWS, "utf-16-le")
    assert "encoding: utf-16-le" in refused(desk, FixInput, "FILE-ENCODING")


def test_a_missing_column_suggests_the_ones_that_are_there(desk: Desk) -> None:
    desk.put("a.csv", ROWS.replace("stars", "Stars "))
    sentence = refused(desk, FixInput, "FILE-COLUMN")
    assert "shop.answers.reviews.rating: the file has no column 'stars'" in sentence
    assert "Did you mean 'Stars'?" in sentence


def test_a_wrong_delimiter_is_suspected_where_the_header_is_one_column(desk: Desk) -> None:
    desk.put("a.csv", ROWS.replace(",", ";"))
    assert "is `delimiter` right?" in refused(desk, FixInput, "FILE-COLUMN")


def test_a_column_that_changed_its_type_is_no_silent_success(desk: Desk) -> None:
    desk.put("a.csv", ROWS.replace(",5,", ",five,").replace(",1,", ",one,"))
    sentence = refused(desk, FixInput, "FILE-NOTHING")
    assert "none of 2 rows could be read; 2 of them: reviews.rating not a number" in sentence


def test_dates_in_another_format_are_no_silent_success(desk: Desk) -> None:
    desk.put("a.csv", ROWS.replace("2026-01-0", "01/2026/"))
    assert "not a time written as %Y-%m-%d" in refused(desk, FixInput, "FILE-NOTHING")


def test_no_sentence_holds_a_value_of_the_file(desk: Desk) -> None:
    desk.put("a.csv", ROWS.replace("2026-01-0", "secret"))
    assert "secret" not in refused(desk, FixInput, "FILE-NOTHING")


def test_duplicate_keys_name_the_file_and_both_rows(desk: Desk) -> None:
    desk.put("a.csv", ROWS + "1,2026-01-01,4,good\n")
    sentence = refused(desk, FixInput, "FILE-DUPLICATE")
    assert "a.csv: rows 1 and 3 have the same key and different content" in sentence


@pytest.mark.slow
def test_a_text_of_a_hundred_megabytes_is_set_aside_and_the_rest_lands(desk: Desk) -> None:
    desk.put("a.csv", ROWS.encode() + b"3,2026-01-03,5," + b"x" * 100_000_000 + b"\n")
    (manifest,) = desk.land(REVIEWS, "review", keep_raw=False)
    assert (manifest.counts.accepted, manifest.counts.rejected) == (2, 1)
    assert "a text of more than 1000000 bytes" in desk.rejects()["reason"].item()


def test_an_unclosed_quote_names_the_line(desk: Desk) -> None:
    desk.put("a.csv", ROWS + '3,2026-01-03,5,"good\n4,2026-01-03,5,bad\n')
    assert "a.csv: cannot be read" in refused(desk, FixInput, "FILE-DAMAGED")


def test_a_quote_that_closes_too_early_names_the_line(desk: Desk) -> None:
    desk.put("a.csv", ROWS + '3,2026-01-03,5,"so" good\n')
    assert "at line 4" in refused(desk, FixInput, "FILE-DAMAGED")


def test_a_damaged_workbook_and_a_damaged_parquet_file_are_said_to_be_so(desk: Desk) -> None:
    for name in ("a.xlsx", "a.parquet"):
        desk.put(name, b"PAR1 no such thing")
        refused(desk, FixInput, "FILE-DAMAGED", REVIEWS.replace("*.csv", name))


def test_a_broken_line_of_json_is_named_as_damage(desk: Desk) -> None:
    desk.put("a.ndjson", '{"id": 1}\n{"id": \n')
    refused(desk, FixInput, "FILE-DAMAGED", REVIEWS.replace("*.csv", "a.ndjson"))


def test_an_ending_that_says_nothing_asks_for_the_format(desk: Desk) -> None:
    desk.put("a.dat", ROWS)
    mapping = REVIEWS.replace("*.csv", "a.dat")
    refused(desk, FixConfiguration, "FILE-FORMAT", mapping)
    assert desk.land(mapping + "format: csv\n", "review")


def test_rows_with_too_many_or_too_few_fields_are_set_aside_with_their_number(desk: Desk) -> None:
    desk.put("a.csv", ROWS + '3,2026-01-03,5\n4,2026-01-03,5,a,b,c\n5,2026-01-03,5,\n"6\n"\n')
    (manifest,) = desk.land(REVIEWS, "review")
    assert (manifest.counts.accepted, manifest.counts.rejected) == (3, 3)
    assert desk.rejects().select("record", "reason").rows() == [
        (3, "fewer fields than the header"),
        (4, "more fields than the header"),
        (6, "fewer fields than the header"),
    ]


def test_blank_lines_are_no_records(desk: Desk) -> None:
    desk.put("a.csv", ROWS.replace("\n2", "\n\n\n2") + "\n,,,\n")
    (manifest,) = desk.land(REVIEWS, "review")
    assert (manifest.counts.read, manifest.counts.accepted) == (2, 2)


def test_a_nul_byte_sets_its_row_aside(desk: Desk) -> None:
    desk.put("a.csv", ROWS + "3,2026-01-03,5,go\0od\n")
    (manifest,) = desk.land(REVIEWS, "review")
    assert manifest.counts.accepted == 2
    assert desk.rejects().select("record", "reason").rows() == [(3, "holds a NUL byte")]


def test_a_column_that_the_contract_lacks_is_refused_before_anything_is_read(desk: Desk) -> None:
    sentence = refused(desk, FixConfiguration, "MAP-COLUMN", REVIEWS.replace("rating:", "ratings:"))
    assert sentence.startswith("shop.answers.reviews.ratings: the contract of reviews has no")
    assert "Did you mean rating?" in sentence


def test_a_table_of_another_family_is_refused(desk: Desk) -> None:
    mapping = REVIEWS.replace("  reviews:", "  review:")
    assert "Did you mean reviews?" in refused(desk, FixConfiguration, "MAP-COLUMN", mapping)


def test_a_column_that_the_contract_requires_is_asked_for(desk: Desk) -> None:
    desk.put("a.csv", ROWS)
    mapping = re.sub("      reviewed_at.*\n", "", REVIEWS)
    assert "reviews.reviewed_at" in refused(desk, FixConfiguration, "MAP-REQUIRED", mapping)


def test_a_constant_that_does_not_fit_is_a_configuration_mistake(desk: Desk) -> None:
    desk.put("a.csv", ROWS)
    mapping = REVIEWS.replace("rating: stars", "rating: {constant: five}")
    assert "the contract wants number" in refused(desk, FixConfiguration, "MAP-VALUE", mapping)


PULSE = """
files: pulse.csv
columns: {pulse_id: {constant: p}}
questions: [{columns: score, as: number}]
tables:
  pulse_answers:
    columns:
      respondent_hash: {hash: email}
      answered_at: at
"""


def test_an_unset_key_is_noticed_before_a_file_is_looked_for(desk: Desk) -> None:
    desk.exports.rmdir()
    with pytest.raises(FixConfiguration, match="respondent_key"):
        desk.land(PULSE, "workforce")
    assert desk.leftovers() == []


def test_an_employee_cannot_be_mapped_in_the_clear(desk: Desk) -> None:
    with pytest.raises(FixConfiguration, match="only be landed as a keyed hash"):
        desk.stream(PULSE.replace("{hash: email}", "email"), "workforce")


def test_a_key_that_is_no_option_is_a_typing_mistake() -> None:
    with pytest.raises(ValueError, match="delimeter"):
        StreamConfig.model_validate({"files": "a.csv", "delimeter": ";", "tables": {"reviews": {}}})


def test_yaml_that_turned_yes_into_true_asks_for_quotes() -> None:
    with pytest.raises(ValueError, match="put it in quotes"):
        StreamConfig.model_validate({"files": "a.csv", "blank": [True], "tables": {"reviews": {}}})


def test_a_landing_folder_that_cannot_be_written_is_named(desk: Desk) -> None:
    desk.put("a.csv", ROWS)
    # root may write anywhere, so a file in the folder's place stands for a read-only one
    desk.landing.root.write_text("not a folder")
    with pytest.raises(FixEnvironment, match="cannot be written") as caught:
        desk.land(REVIEWS, "review")
    assert caught.value.code == "LANDING-WRITE"


def test_two_runs_at_once_are_kept_apart(desk: Desk) -> None:
    desk.put("a.csv", ROWS)
    with desk.landing.writing("shop", "answers"):
        with pytest.raises(Locked) as caught:
            desk.land(REVIEWS, "review")
        assert caught.value.exit_code == 75
    assert len(desk.land(REVIEWS, "review")) == 1


def test_a_file_written_to_while_it_is_read_is_left_for_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.put("a.csv", ROWS)
    land = stream.land

    def late(*given: object) -> object:
        counts = land(*given)  # type: ignore[arg-type]
        path.write_text(ROWS + "3,2026-01-03,5,more\n")
        return counts

    monkeypatch.setattr(stream, "land", late)
    with pytest.raises(TryAgain, match="written to while it was read"):
        desk.land(REVIEWS, "review")
    assert desk.leftovers() == []


def test_a_file_that_somebody_is_still_writing_can_wait(desk: Desk) -> None:
    path = desk.put("a.csv", ROWS)
    assert desk.land("settle_seconds: 60" + REVIEWS, "review") == []
    os.utime(path, (1, 1))
    assert len(desk.land("settle_seconds: 60" + REVIEWS, "review")) == 1


FULL_DISK = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from desk import Desk
from connectors.errors import FixEnvironment
from connectors.landing import Landing
desk = Desk(Path({exports!r}), Landing(Path({landing!r})))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
stream = desk.stream({mapping!r}, "review", keep_raw={keep_raw})
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    list(stream.sync(desk.landing))
except FixEnvironment as error:
    print(error.code, error)
"""


@pytest.mark.parametrize("keep_raw", [True, False])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(desk: Desk, *, keep_raw: bool) -> None:
    noise = os.urandom(2_000_000).hex()
    rows = "".join(f"{n},2026-01-03,5,{noise[n * 1000 : n * 1000 + 1000]}\n" for n in range(4000))
    desk.put("a.csv", "id,at,stars,text\n" + rows)
    script = FULL_DISK.format(
        tests=str(Path(__file__).parent),
        exports=str(desk.exports),
        landing=str(desk.landing.root),
        mapping=REVIEWS,
        keep_raw=keep_raw,
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.stdout.startswith("LANDING-WRITE"), ran.stderr[-2000:]
    assert desk.leftovers() == []
