"""A bad record is set aside alone; whatever the vendor adds is kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.decoding import Decoder, Lines
from connectors.landing import Landing, Origin
from connectors.stream import Page, Stream
from connectors.sync import land


class Ticket(msgspec.Struct):
    id: int
    created_at: datetime
    subject: str | None = None
    score: float | None = None
    open: bool = False
    via: msgspec.Raw = msgspec.Raw(b"null")


STREAM = Stream(
    record=Ticket,
    tables={
        "cases": {
            "case_id": pl.col("id").cast(pl.String),
            "subject": "subject",
            "created_at": "created_at",
        }
    },
)


def record(**fields: object) -> bytes:
    return msgspec.json.encode({"id": 1, "created_at": "2026-01-02T03:04:05+01:00", **fields})


def cases(*records: bytes) -> pl.DataFrame:
    return STREAM.map(Decoder(STREAM).decode(Lines.of(records)).frame)["cases"]


def test_times_become_utc() -> None:
    assert cases(record())["created_at"].to_list() == [datetime(2026, 1, 2, 2, 4, 5)]  # noqa: DTZ001 - UTC by contract


def test_a_null_where_a_number_is_promised_sets_one_record_aside() -> None:
    decoded = Decoder(STREAM).decode(
        Lines.of([record(id=1), record(id=None), record(id=3)]), first=11
    )

    assert decoded.frame["id"].to_list() == [1, 3]
    assert decoded.rejects.select("record", "path").rows() == [(12, "$.id")]
    assert decoded.rejects["reason"].to_list() == ["Expected `int`, got `null`"]


def test_a_reason_never_holds_the_value() -> None:
    decoded = Decoder(STREAM).decode(Lines.of([record(score="ten out of ten from jo@example.com")]))

    assert "jo@example.com" not in decoded.rejects["reason"][0]
    assert "jo@example.com" in decoded.rejects["body"][0]


def test_what_is_not_json_is_set_aside_too() -> None:
    decoded = Decoder(STREAM).decode(Lines.of([record(), b'{"id": 2, ']))

    assert decoded.frame.height == 1
    assert decoded.rejects["path"].to_list() == ["$"]


def test_an_undeclared_field_lands_as_attribute_and_is_reported() -> None:
    decoded = Decoder(STREAM).decode(Lines.of([record(), record(id=2, mood={"is": "bad"})]))

    assert decoded.unknown == {"mood"}
    attributes = STREAM.map(decoded.frame)["cases"]["attributes"].to_list()
    assert msgspec.json.decode(attributes[1])["mood"] == {"is": "bad"}
    assert "mood" not in msgspec.json.decode(attributes[0])


def test_a_declared_field_without_a_column_lands_as_attribute() -> None:
    [text] = cases(record(score=4.5, open=True, via={"channel": "web"}))["attributes"]

    assert msgspec.json.decode(text) == {"score": 4.5, "open": True, "via": {"channel": "web"}}


def test_a_field_of_no_known_type_is_refused_when_declared() -> None:
    class Odd(msgspec.Struct):
        tags: set[str]

    with pytest.raises(TypeError, match=r"Odd\.tags"):
        Decoder(Stream(record=Odd, tables={}))


@given(
    st.lists(
        st.one_of(
            st.builds(
                lambda subject, extra: record(subject=subject, **extra),
                st.text(),
                st.dictionaries(st.sampled_from(["a", "b"]), st.text() | st.integers()),
            ),
            st.sampled_from([record(id="1"), record(created_at="yesterday"), b"nonsense", b"[]"]),
        ),
        max_size=8,
    )
)
def test_every_record_is_accepted_or_set_aside(records: list[bytes]) -> None:
    decoded = Decoder(STREAM).decode(Lines.of(records))

    assert decoded.frame.height + decoded.rejects.height == len(records)
    assert STREAM.map(decoded.frame)["cases"].height == decoded.frame.height


def test_a_long_stream_lands_in_packages_that_each_close_with_their_own_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sync.PACKAGE_RECORDS", 4)
    pages = [Page([record(id=n), record(id=n + 100)], cursor=str(n)) for n in range(5)]
    origin = Origin(source="desk", stream="tickets", connector="test", family="support")
    landing = Landing(tmp_path)

    manifests = list(land(STREAM, pages, landing, origin))

    assert [(m.cursor_before, m.cursor_after) for m in manifests] == [
        (None, "1"),
        ("1", "3"),
        ("3", "4"),
    ]
    assert sum(m.counts.accepted for m in manifests) == 10


def test_a_stream_without_pages_lands_nothing(tmp_path: Path) -> None:
    origin = Origin(source="desk", stream="tickets", connector="test", family="support")

    assert list(land(STREAM, [], Landing(tmp_path), origin)) == []
