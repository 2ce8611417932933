"""What every stream of every connector must do with the pages recorded for it.

A new vendor adds recordings to `recorded/<connector>/<stream>/`, and no test code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from backports import zstd
from exchanges import BEGIN, HOST, Player, recorded
from patience import hurried
from tenants import EVERY, KEY, SECRETS, bytes_of, current, options, rows, stream_of, tenant_of

from connectors.cursors import Reading
from connectors.decoding import Decoder, Lines
from connectors.families import TABLES
from connectors.landing import Landing, Manifest, Window
from connectors.landing.replay import replay
from connectors.records import Open, Shape
from connectors.stream import Page, Stream
from connectors.sync import Terms, land
from connectors.vendors import Tenant, VendorStream, connector

RECORDED = recorded()


def stream_at(path: Path) -> Stream:
    """The stream that a recording is of."""
    vendor, name = path.parts[-3:-1]
    return connector(vendor).endpoints(options(vendor))[name].stream


def nested(path: Path) -> list[str]:
    """Fields of a stream's records that are objects of declared fields."""
    shape = stream_at(path).shape
    inner = {field: of for field, of in shape.inner.items() if not issubclass(of.struct, Open)}
    return [name for name, field in shape.encoded.items() if field in inner]


def _id(path: Path) -> str:
    return "/".join(path.parts[-3:])


each_recording = pytest.mark.parametrize("path", RECORDED, ids=_id)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)


class Played:
    """One recording, read by its connector."""

    def __init__(self, path: Path, root: Path) -> None:
        """Know what was recorded."""
        self.path = path
        self.vendor, self.name = path.parts[-3:-1]
        self.exchanges: list[dict[str, Any]] = json.loads(path.read_text())
        self.landing = Landing(root)
        self.options = replace(options(self.vendor), begin=BEGIN)

    @property
    def stream(self) -> Stream:
        """What the connector declares."""
        return connector(self.vendor).endpoints(self.options)[self.name].stream

    def opened(self) -> tuple[Tenant, VendorStream]:
        """The stream, at the beginning of the recording."""
        player = Player(self.exchanges)
        url = f"{HOST}/{self.vendor}"
        tenant = tenant_of(connector(self.vendor), url, SECRETS[self.vendor], player)
        return tenant, stream_of(self.vendor, self.name, tenant, given=self.options)

    def sync(self, window: Window | None = None) -> list[Manifest]:
        """Read the recording from its beginning."""
        tenant, stream = self.opened()
        landed = list(stream.sync(self.landing, window))
        tenant.close()
        return landed

    def records(self) -> list[bytes]:
        """Records as the reader hands them on, of one sync into a place of its own."""
        tenant, stream = self.opened()
        reading = stream.endpoint.cursor
        pages = reading.pages(tenant.api(stream.origin), None, Reading(BEGIN))
        found = [bytes(record) for page in pages for record in page.records]
        tenant.close()
        return found

    def current(self) -> dict[str, list[dict[str, Any]]]:
        """What is in force."""
        return current(self.landing, self.vendor)

    def land(self, records: list[bytes], folder: Path) -> tuple[Landing, list[Manifest]]:
        """Land records of a page of their own."""
        _, stream = self.opened()
        landing = Landing(folder)
        terms = Terms(keep_raw=stream.keep_raw, key=KEY)
        landed = list(land(self.stream, [Page(records, "1")], landing, stream.origin, terms))
        return landing, landed


@pytest.fixture
def played(path: Path, tmp_path: Path) -> Played:
    return Played(path, tmp_path / "landing")


def test_every_stream_of_every_connector_is_recorded() -> None:
    assert {(path.parts[-3], path.parts[-2]) for path in RECORDED} == set(EVERY)


def test_recordings_are_small() -> None:
    assert [path for path in RECORDED if path.stat().st_size > 30_000] == []


@each_recording
def test_a_recording_lands_in_the_shape_of_its_contract(played: Played) -> None:
    landed = played.sync()

    assert len(landed) == 1
    for manifest in landed:
        assert manifest.counts.balanced
        assert manifest.counts.accepted > 0
        assert (manifest.counts.rejected, manifest.unknown_fields) == (0, [])
    for name, frame in rows(played.landing, played.vendor).items():
        table = TABLES[name]
        assert frame.schema == table.schema
        assert frame["_deleted"].null_count() == 0
        keys = frame.select(table.key)
        assert not keys.is_duplicated().any(), name
        assert keys.null_count().sum_horizontal().item() == 0
        # of tombstones too: the raw gate would set them aside
        for column in table.own:
            if column.required:
                assert frame[column.name].null_count() == 0, column.name


@each_recording
def test_reading_a_recording_twice_changes_nothing(played: Played) -> None:
    played.sync()
    once = played.current()
    played.sync(Window(since=BEGIN))
    assert played.current() == once


@pytest.mark.parametrize("path", [p for p in RECORDED if not stream_at(p).hashes], ids=_id)
def test_what_landed_can_be_mapped_again_to_the_same_rows(played: Played) -> None:
    played.sync()
    before = rows(played.landing, played.vendor)
    tenant, stream = played.opened()
    list(replay(stream, played.landing))
    tenant.close()
    again = rows(played.landing, played.vendor)

    assert set(again) == set(before)
    for table, frame in before.items():
        assert again[table].drop("_load_id").equals(frame.drop("_load_id")), table


# --- nothing is lost ------------------------------------------------------------------------------


@each_recording
def test_every_value_has_a_column_or_is_an_attribute(played: Played) -> None:
    stream = played.stream
    decoder = Decoder(stream)
    lost: set[str] = set()
    for record in played.records():
        decoded = decoder.decode(Lines.of([record]))
        mapped = stream.map(decoded.frame, decoded.parts, KEY)
        table, _ = stream.rows[0]
        frame = mapped[table]
        if frame.is_empty():
            # the stream leaves such a record out
            continue
        told = attributes(frame)
        lost |= set(missing(stream, stream.shape, json.loads(record), told))
    assert lost == set()


def attributes(frame: pl.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "attributes" in frame.columns:
        for text in frame["attributes"].drop_nulls():
            found |= json.loads(text)
    return found


def missing(
    stream: Stream, shape: Shape, record: dict[str, Any], told: dict[str, Any]
) -> Iterator[str]:
    """Fields of a record that are neither used by the mapping nor among the attributes."""
    used = stream._used | stream.left_out
    leaves = {leaf.path.removeprefix(shape.path): leaf for leaf in shape.leaves}
    for name, value in record.items():
        field, leaf = shape.encoded.get(name), leaves.get(name)
        if value in (None, [], {}) or field in shape.parts or (leaf and leaf.name in used):
            continue
        if field in shape.inner:
            yield from missing(stream, shape.inner[field], value, told)
        elif leaf is None and (issubclass(shape.struct, Open) or stream.hashes):
            # told elsewhere in the record; or may name an employee
            continue
        elif shape.path + name not in told:
            yield shape.path + name
        elif (leaf is None or leaf.is_json) and told[shape.path + name] != value:
            yield f"{shape.path}{name} as it was"


@each_recording
def test_a_field_that_nobody_declared_is_kept_and_reported_once(
    played: Played, tmp_path: Path
) -> None:
    value = {"jo@example.com": [1, None, False, 1.5]}
    records = played.records()
    surprised = [changed(record, ("_a_surprise",), value) for record in records]
    landing, [manifest] = played.land(surprised * 2, tmp_path / "odd")

    assert manifest.unknown_fields == ["_a_surprise"]
    assert manifest.counts.rejected == 0
    stream = played.stream
    table, _ = stream.rows[0]
    texts = rows(landing, played.vendor)[table]["attributes"]
    if stream.hashes:
        assert not any("_a_surprise" in (text or "") for text in texts)
    else:
        # rows of another kind, such as those of merged contacts, have no attributes
        kept = [json.loads(text)["_a_surprise"] for text in texts.drop_nulls()]
        assert kept
        assert all(one == value for one in kept)


@pytest.mark.parametrize("path", [p for p in RECORDED if nested(p)], ids=_id)
def test_a_nested_field_that_nobody_declared_is_kept_too(played: Played, tmp_path: Path) -> None:
    [name, *_] = nested(played.path)
    records = [record for record in played.records() if json.loads(record).get(name)]
    assert records
    surprised = [changed(record, (name, "_a_surprise"), "x") for record in records]
    _, [manifest] = played.land(surprised, tmp_path / "odd")
    assert manifest.unknown_fields == [f"{name}._a_surprise"]


# --- what does not fit ----------------------------------------------------------------------------


def typed(
    shape: Shape, record: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """Path, type and whether null is fine, of each typed field that a record has."""
    for info in msgspec.structs.fields(shape.struct):
        name = info.encode_name
        if name not in record:
            continue
        if info.name in shape.inner:
            yield from typed(shape.inner[info.name], record[name], (*path, name))
            continue
        leaf = next((leaf for leaf in shape.leaves if leaf.name == shape.prefix + info.name), None)
        if leaf is not None and not leaf.is_json and not name.startswith("_"):
            yield (*path, name), leaf.dtype, "None" in str(info.type)


def changed(record: bytes, path: tuple[str, ...], value: object) -> bytes:
    whole = json.loads(record)
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = deepcopy(value)
    return json.dumps(whole).encode()


_SECRET = "jo@example.com said 17"  # noqa: S105 - a value that no reason may show
_WRONG: dict[type[pl.DataType], Any] = {
    pl.String: [17],
    pl.Int64: _SECRET,
    pl.Float64: _SECRET,
    pl.Boolean: _SECRET,
    pl.Datetime: f"2026-13-45 {_SECRET}",
    pl.List: _SECRET,
}


@each_recording
def test_a_value_that_does_not_fit_sets_exactly_that_record_aside(
    played: Played, tmp_path: Path
) -> None:
    records = played.records()
    stream = played.stream
    for turn, (path, dtype, nullable) in enumerate(typed(stream.shape, json.loads(records[0]))):
        wrong = [_WRONG[dtype.base_type()]] + ([] if nullable else [None])
        for number, value in enumerate(wrong):
            odd = changed(records[0], path, value)
            folder = tmp_path / f"{turn}-{number}"
            landing, [manifest] = played.land([*records[1:], odd, *records[1:]], folder)
            counts = manifest.counts
            assert counts.rejected == 1, path
            assert counts.accepted + counts.deduplicated == 2 * len(records) - 2, path
            [reject] = pl.read_parquet(next(landing.root.rglob("rejects.parquet"))).to_dicts()
            assert reject["record"] == len(records)
            assert reject["path"].startswith("$." + ".".join(path))
            assert "jo@example.com" not in reject["reason"]


@each_recording
def test_what_is_no_record_is_set_aside_alone(played: Played, tmp_path: Path) -> None:
    records = played.records()
    whole = records[0][:-1]
    odd = [
        b"[]",
        b"null",
        b"{}",
        b'"text"',
        whole + b',"_odd":"\xff\xfe"}',
        whole + b',"_odd":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ]
    _, [manifest] = played.land([*records, *odd, *records], tmp_path / "odd")
    counts = manifest.counts
    assert counts.accepted + counts.deduplicated == 2 * len(records)
    assert counts.rejected == len(odd)


@each_recording
def test_records_that_are_written_over_several_lines_can_be_mapped_again(
    played: Played, tmp_path: Path
) -> None:
    records = played.records()
    pretty = [json.dumps(json.loads(record), indent=2).encode() for record in records]
    landing, [manifest] = played.land(pretty, tmp_path / "pretty")
    for page in manifest.pages:
        kept = landing.root / manifest.source / manifest.stream / manifest.load_id / page.file
        lines = zstd.decompress(kept.read_bytes()).splitlines()
        assert [json.loads(line) for line in lines] == [json.loads(record) for record in records]


def test_of_an_employee_nothing_is_landed_but_a_keyed_hash(tmp_path: Path) -> None:
    [path] = [p for p in RECORDED if p.parts[-3:-1] == ("peakon", "answers")]
    played = Played(path, tmp_path)
    played.sync()
    text = path.read_text()
    assert "dee@corp.example" in text
    for file, content in bytes_of(tmp_path):
        for name in (b"dee@corp.example", b"Dee Poe", b"E90", b'"90"'):
            assert name not in content, file
    hashes = {row["respondent_hash"] for row in played.current()["pulse_answers"]}
    assert len(hashes) == 1
    played.landing = Landing(tmp_path / "other")
    tenant, stream = played.opened()
    other = replace(stream, terms=Terms(keep_raw=True, key=b"another key of these"))
    list(other.sync(played.landing))
    tenant.close()
    assert hashes != {row["respondent_hash"] for row in played.current()["pulse_answers"]}
