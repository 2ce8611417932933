"""Records at the edges: of numbers, times, texts, shapes and mappings."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from backports import zstd

from connectors.decoding import Decoder, Lines
from connectors.landing import Counts, Landing, Manifest, Origin
from connectors.landing.replay import replay
from connectors.records import ABSENT, NULL, Open, also
from connectors.stream import Page, Rows, Stream
from connectors.sync import Terms, land, remap
from connectors.vendors.connector import Options
from connectors.vendors.zendesk import CONNECTOR


@also("kept")
class Part(msgspec.Struct):
    n: int | None = None


class Loose(Open):
    a: int | None = None


@also("extra other")
class Ticket(msgspec.Struct):
    id: int
    at: datetime | None = None
    score: float | None = None
    amount: float | None = None
    raw: msgspec.Raw = NULL
    change: msgspec.Raw = ABSENT
    tags: list[int] | None = None
    parts: list[Part] | None = None
    loose: Loose | None = None
    fields: dict[str, msgspec.Raw] | None = None


CASES = {
    "case_id": pl.col("id").cast(pl.String),
    "subject": pl.col("amount").cast(pl.Decimal(18, 4)).cast(pl.String),
    "created_at": "at",
}
STREAM = Stream(Ticket, {"cases": CASES})
TEXTS = Stream(Ticket, {"cases": CASES}, as_text=True)
ORIGIN = Origin(source="desk", stream="tickets", connector="test", family="support")


def reasons(*records: bytes, stream: Stream = STREAM) -> list[tuple[int, str, str]]:
    decoded = Decoder(stream).decode(Lines.of(records))
    assert decoded.frame.height + decoded.rejects.height == len(records)
    assert decoded.numbers == [
        n for n in range(1, len(records) + 1) if n not in set(decoded.rejects["record"])
    ]
    return decoded.rejects.select("record", "path", "reason").rows()


@pytest.mark.parametrize(
    ("odd", "path", "reason"),
    [
        (b'{"id":9223372036854775808}', "$.id", "beyond what a column of type Int64 can hold"),
        (b'{"id":-99999999999999999999}', "$.id", "beyond what a column of type Int64 can hold"),
        (b'{"id":1,"tags":[1,99999999999999999999]}', "$.tags", "beyond what a column"),
        (b'{"id":1,"parts":[{"n":99999999999999999999}]}', "$.n", "beyond what a column"),
        (b'{"id":1,"score":1e999}', "$.score", "Number out of range"),
        (b'{"id":1,"at":"2026-02-30T00:00:00Z"}', "$.at", "Invalid RFC3339"),
        (b'{"id":1,"raw":"\xff"}', "$", "not UTF-8"),
        (b'{"id":1,"unknown":"\xff"}', "$", "not UTF-8"),
        (b'{"id":1,"fields":{"a":"\xff"}}', "$", "not UTF-8"),
        (b'{"id":1,"raw":' + b"[" * 9999 + b"]" * 9999 + b"}", "$", "nested too deeply"),
        (b'{"id":1,"raw":"\\ud800"}', "$", "Input data was truncated"),
        (b'{"id":1,"parts":[null]}', "$.parts[0]", "Expected `object`, got `null`"),
        (b'{"id":1,"parts":{}}', "$.parts", "Expected `array | null`, got `object`"),
        (b"{}", "$", "Object missing required field `id`"),
    ],
)
def test_what_fits_no_column_is_set_aside_alone(odd: bytes, path: str, reason: str) -> None:
    [(number, where, why)] = reasons(b'{"id":1}', odd, b'{"id":3}')
    assert (number, where) == (2, path)
    assert why.startswith(reason)
    # alone on its page, too
    assert len(reasons(odd)) == 1


def test_the_largest_numbers_and_times_of_other_zones_fit() -> None:
    decoded = Decoder(STREAM).decode(
        Lines.of(
            [
                b'{"id":9223372036854775807,"at":"2026-01-01T00:00:00+05:30"}',
                b'{"id":-9223372036854775808,"at":"2026-01-01T00:00:00.1234567-08:00"}',
                b'{"id":0,"at":"2026-01-01T00:00:00"}',
            ]
        )
    )
    assert decoded.rejects.is_empty()
    assert decoded.frame["at"].dt.to_string("%F %T%.6f").to_list() == [
        "2025-12-31 18:30:00.000000",
        "2026-01-01 08:00:00.123457",
        "2026-01-01 00:00:00.000000",
    ]


def test_who_writes_values_as_text_writes_an_empty_one_for_none() -> None:
    records = [
        b'{"id":"1","score":"","at": "","raw":""}',
        b'{"id":"2","score":"1.5","at":"2026-01-01T00:00:00Z","extra":"a:\\"\\"b"}',
        b'{"id":"","score":"1"}',
        b'{"id":"4","score":"many"}',
    ]
    decoded = Decoder(TEXTS).decode(Lines.of(records))
    texts = TEXTS.map(decoded.frame, decoded.parts)["cases"]["attributes"].to_list()
    assert decoded.frame["id"].to_list() == [1, 2]
    assert texts[0] is None
    assert json.loads(texts[1]) == {"score": 1.5, "extra": 'a:""b'}
    assert decoded.rejects.select("record", "path").rows() == [(3, "$.id"), (4, "$.score")]
    assert "many" not in decoded.rejects["reason"][1]


def test_null_and_no_value_are_told_apart_where_that_means_something() -> None:
    columns = {"field": "change", "subject": "raw"}
    both = Stream(Ticket, {"cases": {**CASES, **columns}})
    frame = (
        Decoder(both).decode(Lines.of([b'{"id":1,"change":null,"raw":null}', b'{"id":2}'])).frame
    )
    assert frame["change"].to_list() == ["null", None]
    assert frame["raw"].to_list() == [None, None]


def test_declared_further_fields_are_attributes_and_not_reported() -> None:
    record = b'{"id":1,"extra":{"a":[1,null]},"other":false,"loose":{"a":1,"b":2}}'
    decoded = Decoder(STREAM).decode(Lines.of([record]))
    assert decoded.unknown == set()
    [text] = STREAM.map(decoded.frame, decoded.parts)["cases"]["attributes"]
    assert json.loads(text) == {"extra": {"a": [1, None]}, "other": False, "loose.a": 1}


def test_undeclared_fields_of_parts_are_kept_and_named() -> None:
    events = Stream(
        Ticket,
        {
            "case_changes": Rows(
                each="parts",
                columns={
                    "case_id": pl.col("id").cast(pl.String),
                    "change_id": pl.col("parts.n").cast(pl.String),
                    "field": pl.lit("x"),
                    "changed_at": "at",
                },
            )
        },
    )
    decoded = Decoder(events).decode(
        Lines.of([b'{"id":1,"parts":[{"n":1,"kept":2},{"n":2,"new":"x"}]}', b'{"id":2,"parts":[]}'])
    )
    assert decoded.unknown == {"parts[].new"}
    frame = events.map(decoded.frame, decoded.parts)["case_changes"]
    assert [json.loads(text) for text in frame["attributes"]] == [{"kept": 2}, {"new": "x"}]


def test_a_record_of_one_field_and_one_without_a_value_have_columns() -> None:
    class One(msgspec.Struct):
        id: int

    decoded = Decoder(Stream(One, {"cases": {"case_id": "id"}})).decode(
        Lines.of([b'{"id":1}', b'{"id":2}'])
    )
    assert decoded.frame["id"].to_list() == [1, 2]


# --- landed ---------------------------------------------------------------------------------------


def landed(
    landing: Landing, *pages: list[bytes], terms: Terms | None = None
) -> tuple[list[Manifest], pl.DataFrame, list[tuple[int, str, str | None]]]:
    every = [Page(page, str(n)) for n, page in enumerate(pages)]
    manifests = list(land(STREAM, every, landing, ORIGIN, terms or Terms()))
    rows = pl.concat(map(pl.read_parquet, landing.root.rglob("cases.parquet")))
    aside = [pl.read_parquet(path) for path in landing.root.rglob("rejects.parquet")]
    rejects = pl.concat(aside).select("record", "path", "body").rows() if aside else []
    return manifests, rows, rejects


def test_a_record_that_the_mapping_refuses_is_set_aside_alone(tmp_path: Path) -> None:
    [manifest], rows, rejects = landed(
        Landing(tmp_path),
        [b'{"id":1,"parts":[{"n":1}]}', b'{"id":2,"amount":1e30}', b'{"id":"x"}'],
        [b'{"id":4,"amount":2.5}', b'{"id":5,"amount":-1e30,"parts":[{"n":1}]}', b'{"id":6}'],
    )
    assert rows["case_id"].to_list() == ["1", "4", "6"]
    assert [number for number, _, _ in sorted(rejects)] == [2, 3, 5]
    assert (manifest.counts.accepted, manifest.counts.rejected) == (3, 3)
    assert manifest.counts.balanced


def test_a_mapping_that_is_wrong_itself_is_no_records_fault(tmp_path: Path) -> None:
    wrong = Stream(Ticket, {"cases": {"case_id": "nothing_of_that_name"}})
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        list(land(wrong, [Page([b'{"id":1}'])], Landing(tmp_path), ORIGIN))
    assert list(tmp_path.rglob("manifest.json")) == []


def test_parts_stay_with_their_records_when_some_are_set_aside(tmp_path: Path) -> None:
    events = Stream(
        Ticket,
        {
            "case_changes": Rows(
                each="parts",
                columns={
                    "case_id": pl.col("id").cast(pl.String),
                    "change_id": pl.col("parts.n").cast(pl.String),
                    "field": pl.col("amount").cast(pl.Decimal(18, 4)).cast(pl.String),
                    "changed_at": "at",
                },
            )
        },
    )
    records = [
        b'{"id":%d,"amount":%s,"parts":[{"n":%d},{"n":%d}]}'
        % (n, b"1e30" if n == 3 else b"1", n, 10 * n)
        for n in range(1, 7)
    ]
    landing = Landing(tmp_path)
    list(land(events, [Page(records[:2]), Page(records[2:])], landing, ORIGIN))
    rows = pl.read_parquet(next(tmp_path.rglob("case_changes.parquet")))
    assert rows.select("case_id", "change_id").rows() == [
        (str(n), str(part)) for n in (1, 2, 4, 5, 6) for part in (n, 10 * n)
    ]


def test_a_record_that_comes_twice_stands_in_its_package_once_as_it_last_was(
    tmp_path: Path,
) -> None:
    columns = {"case_id": pl.col("id").cast(pl.String), "created_at": "at", "updated_at": "at"}
    dated = Stream(Ticket, {"cases": columns})
    pages = [
        b'{"id":1,"at":"2026-03-01T12:00:00Z"}',
        b'{"id":1,"at":"2026-03-01T11:00:00Z"}',
        b'{"id":2,"at":"2026-03-01T10:00:00Z"}',
    ]
    [manifest] = land(dated, [Page([page]) for page in pages], Landing(tmp_path), ORIGIN)
    rows = pl.read_parquet(next(tmp_path.rglob("cases.parquet"))).sort("case_id")
    assert rows.select("case_id", pl.col("updated_at").dt.hour()).rows() == [("1", 12), ("2", 10)]
    assert manifest.counts == Counts(read=3, accepted=2, deduplicated=1)
    assert manifest.pages[0].rows == 3


def test_a_part_that_comes_again_makes_no_record_a_repeated_one(tmp_path: Path) -> None:
    columns = {"case_id": pl.lit("1"), "change_id": pl.col("parts.n").cast(pl.String)}
    columns |= {"field": pl.lit("status"), "changed_at": pl.col("at")}
    events = Stream(Ticket, {"case_changes": Rows(each="parts", columns=columns)})
    told = b'{"id":%d,"at":"2026-03-01T12:00:00Z","parts":[{"n":7}]}'
    [manifest] = land(events, [Page([told % 1, told % 2])], Landing(tmp_path), ORIGIN)
    assert pl.read_parquet(next(tmp_path.rglob("case_changes.parquet"))).height == 1
    assert manifest.counts == Counts(read=2, accepted=2)


def test_a_page_of_nothing_and_a_run_without_records_land_nothing(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    assert list(land(STREAM, [Page([]), Page([])], landing, ORIGIN)) == []
    [first] = list(land(STREAM, [Page([], "a"), Page([b'{"id":1}'], "b")], landing, ORIGIN))
    assert (first.cursor_after, first.counts.read) == ("b", 1)
    assert list(land(STREAM, [Page([], "c", repeated=7)], landing, ORIGIN)) == []


def test_records_of_several_lines_are_kept_one_a_line_and_map_again(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    pretty = b'{\n  "id": 1,\n  "raw": {\n    "a": "x\\ny"\n  }\n}'
    [manifest], rows, _ = landed(landing, [pretty, b'{"id":2}'])
    [page] = manifest.pages
    folder = tmp_path / "desk" / "tickets" / manifest.load_id
    lines = zstd.decompress((folder / page.file).read_bytes()).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2]

    class Again:
        origin = ORIGIN
        keep_raw = True
        region = None

        def remap(self, package, old, writer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return remap(STREAM, package, old, writer)

    [again] = list(replay(Again(), landing))
    assert again.counts == manifest.counts
    replayed = pl.read_parquet(tmp_path / "desk" / "tickets" / again.load_id / "cases.parquet")
    assert replayed["case_id"].to_list() == rows["case_id"].to_list()


def test_without_raw_pages_nothing_of_a_bad_record_is_kept(tmp_path: Path) -> None:
    bad = [b'{"id":1}', b'{"id":"jo@example.com"}', b'{"id":3,"amount":1e30}']
    _, _, rejects = landed(Landing(tmp_path), bad, terms=Terms(keep_raw=False))
    assert sorted(rejects) == [(2, "$.id", None), (3, "$", None)]
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"jo@example" not in path.read_bytes()


def test_who_wrote_a_message_is_not_guessed(tmp_path: Path) -> None:
    stream = CONNECTOR.endpoints(Options())["ticket_events"].stream
    record = (
        b'{"id":%d,"ticket_id":7,"timestamp":1778235536,"updater_id":null,"child_events":[{"id":%d,'
        b'"event_type":"Comment","author_id":%s,"public":true,"body":"Called back.","via":{}}]}'
    )
    page = Page([record % (1, 11, b"null"), record % (2, 12, b"-1"), record % (3, 13, b"5")], "c")
    landing = Landing(tmp_path)

    list(land(stream, [page], landing, ORIGIN))

    [messages] = landing.root.rglob("case_messages.parquet")
    # the contract requires a role: the raw gate sets the first one aside, with the reason
    rows = pl.read_parquet(messages).select("message_id", "author_role").rows()
    assert rows == [("11", None), ("12", "system"), ("13", "customer")]
