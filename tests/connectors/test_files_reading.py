"""Formats, encodings and headers: the same rows come out, however they were written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from desk import Desk

REVIEWS = """
files: "*"
tables:
  reviews:
    columns: {review_id: id, reviewed_at: at, rating: stars, body: text}
"""
ROWS = [
    ["id", "at", "stars", "text"],
    ["1", "2026-01-01", "5", 'très "déçu",\nfin'],
    ["2", "2026-01-02", "1", ""],
]
FRAME = pl.DataFrame(ROWS[1:], schema=ROWS[0], orient="row")


def landed(desk: Desk, options: str = "") -> list[tuple[object, ...]]:
    desk.land(REVIEWS + options, "review")
    rows = desk.table("reviews").sort("review_id")
    return rows.select("review_id", pl.col("reviewed_at").dt.day(), "rating", "body").rows()


SAME = [("1", 1, 5.0, 'très "déçu",\nfin'), ("2", 2, 1.0, None)]


def test_csv(desk: Desk) -> None:
    desk.put("a.csv", FRAME.write_csv())
    assert landed(desk) == SAME


def test_csv_with_windows_line_ends(desk: Desk) -> None:
    desk.put("a.csv", FRAME.write_csv(line_terminator="\r\n"))
    assert landed(desk) == SAME


def test_csv_of_an_old_mac(desk: Desk) -> None:
    rows = FRAME.with_columns(pl.col("text").str.replace("\n", " "))
    desk.put("a.csv", rows.write_csv().replace("\n", "\r"))
    assert [row[0] for row in landed(desk)] == ["1", "2"]


def test_csv_with_a_byte_order_mark(desk: Desk) -> None:
    desk.put("a.csv", b"\xef\xbb\xbf" + FRAME.write_csv().encode())
    assert landed(desk) == SAME


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(desk: Desk, encoding: str) -> None:
    desk.put("a.csv", FRAME.write_csv(), encoding)
    assert landed(desk) == SAME


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16-le", "mac_roman", "utf-8-sig"])
def test_the_mapping_says_the_encoding(desk: Desk, encoding: str) -> None:
    desk.put("a.csv", FRAME.write_csv(), encoding)
    assert landed(desk, f"encoding: {encoding}") == SAME


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Übergrößen für Mädchen", "windows-1252"),
        ("Очень хорошо спасибо", "windows-1251"),
        ("déjà reçu à Genève", "utf-8"),
        ("plain", "ascii"),
    ],
)
def test_an_encoding_can_be_guessed(desk: Desk, text: str, encoding: str) -> None:
    rows = "".join(f"{n},2026-01-03,5,{text}\n" for n in range(20))
    desk.put("a.csv", "id,at,stars,text\n" + rows, encoding)
    assert {row[3] for row in landed(desk, "encoding: auto")} == {text}


def test_a_multi_byte_character_across_a_block_border_stays_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.files.encoding.BLOCK", 3)
    desk.put("a.csv", FRAME.write_csv(), "utf-16")
    assert landed(desk) == SAME


def test_tsv_and_other_delimiters_and_quotes(desk: Desk) -> None:
    desk.put("a.tsv", FRAME.write_csv(separator="\t"))
    assert landed(desk) == SAME
    desk.put("a.tsv", FRAME.write_csv(separator=";", quote_char="'"))
    assert landed(desk, "delimiter: ';'\nquote: \"'\"")[-2:] == [SAME[1], SAME[1]]


def test_a_file_without_quoting_takes_quotation_marks_as_text(desk: Desk) -> None:
    desk.put("a.tsv", 'id\tat\tstars\ttext\n1\t2026-01-01\t5\t"so" good\n')
    assert landed(desk, "quote: null") == [("1", 1, 5.0, '"so" good')]


def test_lines_above_the_header_are_skipped(desk: Desk) -> None:
    desk.put("a.csv", "Export of\n2026\n" + FRAME.write_csv())
    assert landed(desk, "skip_rows: 2") == SAME


def test_a_header_may_hold_line_breaks_of_any_kind(desk: Desk) -> None:
    desk.put("a.csv", 'id,at,stars,text,"a\nb\rc\r\nd"\n1,2026-01-01,5,x,y\n')
    assert landed(desk) == [("1", 1, 5.0, "x")]


def test_a_file_without_a_header_has_columns_by_their_place(desk: Desk) -> None:
    desk.put("a.csv", FRAME.write_csv(include_header=False))
    columns = "{review_id: column_1, reviewed_at: column_2, rating: column_3, body: column_4}"
    desk.land(
        f"{{files: '*', header_rows: 0, tables: {{reviews: {{columns: {columns}}}}}}}", "review"
    )
    assert desk.table("reviews")["review_id"].to_list() == ["1", "2"]


def test_parquet_keeps_its_types(desk: Desk) -> None:
    typed = FRAME.with_columns(
        pl.col("id").cast(pl.Int64),
        pl.col("at").str.to_date(),
        pl.col("stars").cast(pl.Int8),
        tags=pl.Series([["a"], []], dtype=pl.List(pl.String)),
    )
    typed.write_parquet(desk.exports / "a.parquet")
    assert landed(desk) == [SAME[0], ("2", 2, 1.0, None)]
    assert desk.table("reviews")["attributes"].to_list() == [
        '{"tags":"[\\"a\\"]"}',
        '{"tags":"[]"}',
    ]


def test_newline_delimited_json_and_json(desk: Desk) -> None:
    FRAME.write_ndjson(desk.exports / "a.ndjson")
    assert landed(desk) == SAME
    (desk.exports / "a.ndjson").unlink()
    (desk.exports / "a.json").write_text(FRAME.write_json())
    assert landed(desk)[1::2] == [SAME[0], SAME[1]] or len(landed(desk)) == 4


def workbook(path: Path, rows: list[list[str]], sheet: str = "Answers") -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Notes").write(0, 0, "nothing here")
        page = book.add_worksheet(sheet)
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)


def test_a_sheet_of_a_workbook(desk: Desk) -> None:
    workbook(desk.exports / "a.xlsx", ROWS)
    (desk.exports / "~$a.xlsx").write_text("the lock file of an open Excel")
    assert landed(desk, "sheet: Answers") == SAME


def test_headers_are_trimmed_numbered_and_named_by_place(desk: Desk) -> None:
    desk.put("a.csv", " id ,at,stars,text,text,,_row,text_2\n1,2026-01-01,5,a,b,c,d,e\n")
    assert landed(desk) == [("1", 1, 5.0, "a")]
    assert (
        desk.table("reviews")["attributes"].item()
        == '{"text_3":"b","column_6":"c","_row_2":"d","text_2":"e"}'
    )


MONKEY = (
    "Respondent,Which have you seen?,,How was it?\n"
    ",Film one,Film two,Response\n"
    "1,Film one,,good\n"
    "2,Film one,Film two,\n"
)


def test_two_header_rows_are_a_question_and_its_items(desk: Desk) -> None:
    desk.put("a.csv", MONKEY)
    desk.land(
        """
files: a.csv
header_rows: 2
columns: {survey_id: {constant: s}, response_id: Respondent}
questions:
  - {pattern: "Which have you seen.*", as: choice, id: seen, item: "{item}", item_text: "{item}"}
  - {columns: "How was it?", as: text, id: how}
tables: {survey_answers: {}, survey_questions: {}}
"""
    )
    answers = desk.table("survey_answers").sort("response_id", "item_id")
    assert answers.select("response_id", "question_id", "item_id").rows() == [
        ("1", "how", ""),
        ("1", "seen", "Film one"),
        ("2", "seen", "Film one"),
        ("2", "seen", "Film two"),
    ]
    questions = desk.table("survey_questions")
    assert questions["question_text"].to_list() == ["Which have you seen?"] * 2 + ["How was it?"]
    assert questions["item_text"].to_list() == ["Film one", "Film two", None]


QUALTRICS = (
    "Id,Q1,Q2_1\n"
    'Response ID,"How was it,\nall in all?",How was it? - Staff\n'
    '"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}"\n'
    "R_1,9,8\n"
)


@pytest.mark.parametrize(("names_from", "pattern"), [(1, "Q(.)(?:_.)?"), (3, "QID(.)(?:_.)?")])
def test_three_header_rows_are_names_texts_and_import_ids(
    desk: Desk, names_from: int, pattern: str
) -> None:
    desk.put("a.csv", QUALTRICS)
    who = "Id" if names_from == 1 else "_recordId"
    desk.land(
        f"""
files: a.csv
header_rows: 3
names_from: {names_from}
columns: {{survey_id: {{constant: s}}, response_id: {who}}}
questions: [{{pattern: "{pattern}", as: number, id: "{{import_id}}", item: "{{1}}"}}]
tables: {{survey_answers: {{}}, survey_questions: {{}}}}
"""
    )
    assert desk.table("survey_answers")["value_number"].to_list() == [9.0, 8.0]
    questions = desk.table("survey_questions")
    assert questions["question_id"].to_list() == ["QID1", "QID2_1"]
    assert questions["question_text"].to_list() == [
        "How was it,\nall in all?",
        "How was it? - Staff",
    ]
