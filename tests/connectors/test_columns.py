"""Typed records become columns; what no mapping uses is kept to the letter."""

from __future__ import annotations

from datetime import datetime

import msgspec

from connectors.decoding import Decoder, Lines, joined
from connectors.records import ABSENT, NULL
from connectors.stream import Stream


class Via(msgspec.Struct):
    channel: str | None = None
    source: msgspec.Raw = NULL
    seen: datetime | None = None


class Record(msgspec.Struct):
    id: str
    at: datetime | None = None
    via: Via | None = None
    kept: msgspec.Raw = NULL
    emptied: msgspec.Raw = ABSENT
    said_again: msgspec.Raw = NULL


STREAM = Stream(
    record=Record,
    tables={"cases": {"case_id": "id", "channel": "via.channel", "created_at": "at"}},
    left_out=frozenset({"said_again"}),
)


def attributes(*records: bytes) -> list[str | None]:
    found: list[str | None] = STREAM.map(Decoder(STREAM).decode(Lines.of(records)).frame)["cases"][
        "attributes"
    ].to_list()
    return found


def times(*moments: str) -> list[datetime | None]:
    records = [msgspec.json.encode({"id": "1", "at": moment}) for moment in moments]
    return Decoder(STREAM).decode(Lines.of(records)).frame["at"].to_list()


def test_kept_values_stay_as_the_vendor_wrote_them() -> None:
    big = b'{"id": "1", "kept": {"amount": 1.10, "id": 123456789012345678901, "e": "\\u00e9"}}'

    assert attributes(big) == [
        '{"kept":{"amount": 1.10, "id": 123456789012345678901, "e": "\\u00e9"}}'
    ]


def test_a_null_says_nothing_except_where_it_does() -> None:
    nulls = b'{"id": "1", "kept": null, "emptied": null, "said_again": null}'

    assert attributes(b'{"id": "1"}', nulls) == [None, '{"emptied":null}']


def test_a_kept_field_of_an_inner_record_is_named_by_its_path() -> None:
    record = b'{"id": "1", "via": {"channel": "web", "source": {"from": {}}}, "kept": 2}'

    assert attributes(record, b'{"id": "2", "via": null, "kept": 3}') == [
        '{"kept":2,"via.source":{"from": {}}}',
        '{"kept":3}',
    ]


def test_a_record_on_several_lines_loses_its_layout_and_no_value() -> None:
    record = b'{"id": "1", "kept": {"a": 1.10,\n "b": "\\u00e9\\n "}}'

    assert attributes(record, b'{"id": "2", "kept": 3}') == [
        '{"kept":{"a":1.10,"b":"\\u00e9\\n "}}',
        '{"kept":3}',
    ]


def test_a_page_without_an_inner_record_has_its_columns_all_the_same() -> None:
    decoder = Decoder(STREAM)
    without = decoder.decode(Lines.of([b'{"id": "1"}', b'{"id": "2", "via": null}'])).frame
    given = b'{"id": "1", "via": {"channel": "web", "seen": "2026-01-02T12:00:00Z", "source": 1}}'

    assert dict(without.schema) == dict(decoder.decode(Lines.of([given])).frame.schema)
    assert without["via.channel"].to_list() == without["via.seen"].to_list() == [None, None]


def test_a_line_feed_within_a_text_is_not_mended() -> None:
    decoded = Decoder(STREAM).decode(Lines.of([b'{"id": "1\n"}', b'{"id":\n"2"}']))

    assert decoded.frame["id"].to_list() == ["2"]
    assert decoded.rejects["body"].to_list() == ['{"id": "1\n"}']


def test_fields_that_the_first_record_lacks_are_read_where_others_have_them() -> None:
    decoder = Decoder(STREAM)
    pages = [
        [b'{"id": "1"}', b'{"id": "2"}'],
        [b'{"kept": 3, "id": "3", "via": {"source": [3], "channel": "web"}, "at": "2026-01-02"}'],
        [b'{"kept": 4, "id": "4", "at": "2026-01-02T12:00:00Z", "via": {"channel": "web"}}'],
        [b'{"id": "5"}'],
    ]
    decoded = [decoder.decode(Lines.of(page)) for page in pages]
    frame, _ = joined(decoded)

    assert [page.unknown for page in decoded] == [set()] * 4
    assert [page.rejects["path"].to_list() for page in decoded] == [[], ["$.at"], [], []]
    assert frame["id"].to_list() == ["1", "2", "4", "5"]
    assert frame["via.channel"].to_list() == [None, None, "web", None]
    assert frame["at"].is_null().to_list() == [True, True, False, True]
    assert STREAM.map(frame)["cases"]["attributes"].to_list() == [None, None, '{"kept":4}', None]


def test_what_is_left_out_is_nowhere() -> None:
    frame = Decoder(STREAM).decode(Lines.of([b'{"id": "1", "said_again": 1, "kept": 1}'])).frame

    assert "said_again" not in frame.columns
    assert attributes(b'{"id": "1", "said_again": 1}') == [None]


def test_times_with_and_without_a_zone_become_utc() -> None:
    noon = datetime(2026, 1, 2, 12)  # noqa: DTZ001 - UTC by contract

    assert (
        times("2026-01-02T14:00:00+02:00", "2026-01-02T12:00:00", "2026-01-02T12:00:00Z")
        == [noon] * 3
    )
    assert times("0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z")[0] == datetime(  # noqa: DTZ001 - UTC by contract
        1, 1, 1, microsecond=1
    )


def test_a_time_that_is_before_year_1_in_utc_sets_one_record_aside() -> None:
    records = [
        b'{"id": "1", "at": "0001-01-01T00:00:00+05:00"}',
        b'{"id": "2", "at": "2026-01-01T00:00:00Z"}',
    ]
    decoded = Decoder(STREAM).decode(Lines.of(records))

    assert decoded.frame["id"].to_list() == ["2"]
    assert decoded.rejects["path"].to_list() == ["$.at"]
