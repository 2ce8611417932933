"""One person goes from every file of every package; everybody else's rows stay as they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from backports import zstd

from connectors.erasure import (
    Addresses,
    Names,
    Package,
    Sought,
    Tombstones,
    count,
    find_records,
    take_out,
)
from connectors.erasure import packages as erasing
from connectors.errors import FixConfiguration, FixEnvironment
from connectors.families import TABLES
from connectors.landing import REJECTS, Counts, Input, Landing, Manifest, Origin, PackageWriter
from connectors.landing.compact import compact
from connectors.landing.replay import Remapped, replay
from connectors.stream import Page, Rows, Stream
from connectors.sync import land, remap

ORIGIN = Origin(source="desk", stream="tickets", connector="test", family="support")
KEY = b"a key of sixteen bytes"
ANN, BEN = "ann.otter@example.org", "ben@example.org"


class Message(msgspec.Struct):
    id: str
    by: str
    text: str


class Ticket(msgspec.Struct):
    id: str
    requester: str
    email: str | None = None
    at: str = "2026-03-01T09:00:00"
    messages: list[Message] = []


AT = pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us")
TICKETS = Stream(
    record=Ticket,
    tables={
        "cases": {"case_id": "id", "person_ref": "requester", "email": "email", "created_at": AT},
        "case_messages": Rows(
            each="messages",
            columns={
                "case_id": "id",
                "message_id": "messages.id",
                "author_ref": "messages.by",
                "author_role": pl.lit("customer"),
                "is_public": pl.lit(value=True),
                "body": "messages.text",
                "created_at": AT,
            },
        ),
    },
)


class Mapper:
    origin = ORIGIN
    keep_raw = True
    region = None

    def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
        return remap(TICKETS, package, manifest, writer)


def ticket(number: int, requester: str, email: str | None = None, *said: str) -> dict[str, Any]:
    texts = [{"id": f"{number}-{i}", "by": requester, "text": t} for i, t in enumerate(said)]
    return {"id": f"T{number}", "requester": requester, "email": email, "messages": texts}


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    """Ann's tickets are T1, told with her id and her address, and T3, told with her id alone."""
    landing = Landing(tmp_path)
    put(
        landing,
        [ticket(1, "U1", ANN, "it came late"), ticket(2, "U2", BEN, f"{ANN} knows of it")],
        [ticket(3, "U1", None, "broken"), ticket(11, "U12", None, "U1 is a kind of pipe")],
    )
    return landing


def put(landing: Landing, *pages: Sequence[dict[str, Any]]) -> None:
    for number, records in enumerate(pages):
        page = Page([msgspec.json.encode(r) for r in records], cursor=f"c{number}")
        list(land(TICKETS, [page], landing, ORIGIN))


def packages(landing: Landing) -> list[Package]:
    return [
        Package(landing.folder("desk", "tickets") / m.load_id, m)
        for m in landing.manifests("desk", "tickets")
    ]


def ann(landing: Landing) -> Sought:
    sought = Sought(Names(Tombstones(landing.root, KEY)), Addresses([ANN]))
    sought.known.add([f"email\x1f{ANN}", "person\x1fdesk\x1fU1"])
    return sought


def erase(landing: Landing, mapper: Mapper | None = None) -> erasing.Taken:
    sought, taken = ann(landing), erasing.Taken()
    find_records(packages(landing), sought)
    for package in packages(landing):
        taken.add(take_out(package, sought, mapper or Mapper()))
    return taken


def rows(landing: Landing, table: str) -> pl.DataFrame:
    return pl.concat(pl.read_parquet(p.path(p.manifest.tables[table])) for p in packages(landing))


def everything(landing: Landing) -> bytes:
    """What all files of the packages hold, unpacked."""
    found = []
    for path in sorted(landing.root.rglob("*")):
        if path.suffix == ".parquet":
            found.append(pl.read_parquet(path).write_ndjson().encode())
        elif path.suffix == ".zst":
            found.append(zstd.decompress(path.read_bytes()))
        elif path.is_file():
            found.append(path.read_bytes())
    return b"\n".join(found)


def test_rows_records_and_mentions_go_and_those_of_others_stay(landing: Landing) -> None:
    before = {t: rows(landing, t) for t in ("cases", "case_messages")}
    taken = erase(landing)

    assert rows(landing, "cases").equals(before["cases"].filter(pl.col("person_ref") != "U1"))
    assert rows(landing, "case_messages")["body"].to_list() == [
        "[erased] knows of it",
        "U1 is a kind of pipe",
    ]
    assert taken.rows == {"cases": 2, "case_messages": 2}
    assert taken.masked == {"case_messages": 1}
    assert (taken.records, taken.packages, taken.unreplayable) == (2, 2, 0)
    assert ANN.encode() not in everything(landing)
    assert b"it came late" not in everything(landing)
    assert b"T3" not in everything(landing)
    assert count(packages(landing), ann(landing)) == {}


def test_a_package_keeps_its_place_and_says_what_went(landing: Landing) -> None:
    before = packages(landing)
    erase(landing)

    for old, new in zip(before, packages(landing), strict=True):
        assert new.manifest.load_id == old.manifest.load_id
        assert new.manifest.counts == old.manifest.counts
        for table, file in old.manifest.tables.items():
            went = new.manifest.erased.get(table, 0)
            assert new.manifest.tables[table].rows + went == file.rows
    assert landing.cursor("desk", "tickets") == "c1"


def test_what_is_left_can_be_replayed_and_compacted(landing: Landing) -> None:
    erase(landing)
    left = rows(landing, "cases").drop("_load_id")
    merged = compact(landing, "desk", "tickets")
    assert merged
    assert merged.erased == {"cases": 2, "case_messages": 2}
    [again] = replay(Mapper(), landing)

    assert again.counts == Counts(read=2, accepted=2)
    assert rows(landing, "cases").drop("_load_id").equals(left)


def test_a_second_time_nothing_is_left_to_do(landing: Landing) -> None:
    erase(landing)
    before = {p: p.read_bytes() for p in landing.root.rglob("*") if p.is_file()}
    taken = erase(landing)

    assert taken == erasing.Taken()
    assert {p: p.read_bytes() for p in landing.root.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_plug_pulled_at_the_manifest_leaves_a_whole_package(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    real = erasing.disk.replace_durably

    def pulled(source: Path, target: Path) -> None:
        if at == "after":
            real(source, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(erasing.disk, "replace_durably", pulled)
        erase(landing)
    for package in packages(landing):
        for table, file in package.manifest.tables.items():
            assert pl.read_parquet(package.path(file)).height == file.rows, table
            assert erasing.disk.sha256(package.path(file)) == file.sha256

    erase(landing)
    assert ANN.encode() not in everything(landing)
    for package in packages(landing):
        # the manifest, the pages, the tables, and nothing of before
        assert len(list(package.folder.iterdir())) == 2 + len(package.manifest.tables)


def test_without_the_stream_every_record_that_may_be_theirs_goes(landing: Landing) -> None:
    sought = ann(landing)
    find_records(packages(landing), sought)
    taken = erasing.Taken()
    for package in packages(landing):
        taken.add(take_out(package, sought, None))

    # the ones that only speak of her, or hold her id as a word, too
    assert taken.records == 4
    assert rows(landing, "cases").height == 2
    assert ANN.encode() not in everything(landing)


def test_pages_that_cannot_be_parted_go_whole(landing: Landing) -> None:
    class Changed(Mapper):
        """A mapping by which every record is Ann's."""

        def remap(self, package: Path, manifest: Manifest, writer: PackageWriter) -> Remapped:
            del package, manifest
            frame = pl.DataFrame({"case_id": ["T9"], "person_ref": ["U1"]})
            writer.add("cases", frame.with_columns(created_at=pl.lit(None, pl.Datetime("us"))))
            return Remapped(Counts(read=1, accepted=1))

    taken = erase(landing, Changed())

    assert taken.unreplayable == 2
    assert not list(landing.root.rglob("*.zst"))
    assert rows(landing, "cases").height == 2


def test_a_record_that_is_anothers_too_costs_the_pages_and_no_row(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    bens = ticket(5, "U5", BEN, "mine")
    bens["messages"].append({"id": "5-9", "by": "U1", "text": "and mine"})
    put(landing, [ticket(1, "U1", ANN)], [bens, ticket(6, "U6")])
    taken = erase(landing)

    assert taken.rows == {"cases": 1, "case_messages": 1}
    assert rows(landing, "cases")["case_id"].to_list() == ["T5", "T6"]
    assert rows(landing, "case_messages")["body"].to_list() == ["mine"]
    assert taken.unreplayable == 1
    assert b"and mine" not in everything(landing)
    second = landing.load_ids("desk", "tickets")[1]
    with pytest.raises(FixConfiguration, match="no raw pages"):
        list(replay(Mapper(), landing, since=second))


def test_rejects_go_with_their_record_and_the_others_are_renumbered(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    put(landing, [ticket(1, "U1", ANN), {"id": 7, "requester": "U2"}, {"id": 8, "requester": "U1"}])
    [package] = packages(landing)
    assert package.manifest.counts == Counts(read=3, accepted=1, rejected=2)
    erase(landing)
    [package] = packages(landing)

    assert package.manifest.rejects
    left = pl.read_parquet(package.path(package.manifest.rejects))
    # of three records the first and the third were Ann's
    assert left["record"].to_list() == [1]
    assert left.schema == REJECTS
    assert b"U1" not in everything(landing)


def test_copies_of_exports_go_whole_and_are_named(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    export = tmp_path / "answers.csv"
    export.write_text(f"id,email\n1,{ANN}\n2,{BEN}\n")
    with landing.writing("desk", "tickets") as folder:
        name = landing.next_load_id("desk", "tickets")
        with PackageWriter(folder, name, ORIGIN) as writer:
            writer.file(export, "answers.csv")
            cases = {"case_id": ["1", "2"], "email": [ANN, BEN]}
            at = pl.lit(None, pl.Datetime("us"))
            writer.add("cases", pl.DataFrame(cases).with_columns(created_at=at))
            aside = [(3, "id", "is missing", f",{ANN}"), (4, "id", "is missing", f",{BEN}")]
            writer.reject(pl.DataFrame(aside, schema=REJECTS, orient="row"))
            told = Input(path="answers.csv", bytes=1, mtime_ns=1, sha256="")
            writer.commit(Counts(read=4, accepted=2, rejected=2), inputs=[told])
    export.unlink()
    taken = erase(landing)

    [package] = packages(landing)
    assert package.manifest.rejects
    rejects = pl.read_parquet(package.path(package.manifest.rejects))
    assert rejects.select("record", "body").rows() == [(3, None), (4, f",{BEN}")]
    assert (taken.exports, taken.unreplayable) == ({"answers.csv"}, 1)
    assert rows(landing, "cases")["email"].to_list() == [BEN]
    assert ANN.encode() not in everything(landing)


def test_what_hangs_on_a_record_is_found_through_it(tmp_path: Path) -> None:
    responses = pl.DataFrame(
        {
            "source": ["survey"] * 2,
            "survey_id": ["s"] * 2,
            "response_id": ["r1", "r2"],
            "invitation_id": ["i1", None],
            **{c: [None, None] for c in ("person_ref", "external_id", "email", "phone")},
            "phone_e164": [None, None],
        },
        schema_overrides=dict.fromkeys(
            ("person_ref", "external_id", "email", "phone", "phone_e164"), pl.String
        ),
    )
    answers = pl.DataFrame(
        {"source": ["survey"] * 2, "survey_id": ["s"] * 2, "response_id": ["r1", "r2"]}
    )
    sought = Sought(Tombstones(tmp_path, KEY))
    sought.known.add(["record\x1fsurvey_invitations\x1fsurvey\x1fi1"])
    theirs = sought.rows(TABLES["survey_responses"], responses)
    sought.learn(TABLES["survey_responses"], responses.filter(theirs))

    assert theirs.to_list() == [True, False]
    assert sought.rows(TABLES["survey_answers"], answers).to_list() == [True, False]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"Write to {ANN}.", "Write to [erased]."),
        (ANN.upper(), "[erased]"),
        (f"<{ANN}>,{ANN}", "<[erased]>,[erased]"),
        (f"jo{ANN}", f"jo{ANN}"),
        (f"{ANN}i", f"{ANN}i"),
        ("annXotter@example.org", "annXotter@example.org"),
        ("call +4930901820!", "call [erased]!"),
        ("call +49309018201", "call +49309018201"),
        ("nothing", "nothing"),
    ],
)
def test_an_address_is_masked_where_it_is_one(text: str, masked: str) -> None:
    addresses = Addresses([ANN, "+4930901820"])
    frame = pl.DataFrame({"body": [text]})

    assert frame.select(addresses.masked(pl.col("body"))).item() == masked
    assert frame.select(addresses.found(pl.col("body"))).item() is (text != masked)
    assert addresses.masked_line(text.encode()) == masked.encode()


def test_tombstones_know_nobody_without_their_key(tmp_path: Path) -> None:
    stones = Tombstones(tmp_path, KEY)
    stones.add([f"email\x1f{ANN}"])
    stones.write()

    read = Tombstones.read(tmp_path, KEY)
    assert read.hold(pl.Series([f"email\x1f{ANN}", f"email\x1f{BEN}", None])).to_list() == [
        True,
        False,
        False,
    ]
    assert ANN.encode() not in (tmp_path / "erased.json").read_bytes()
    with pytest.raises(FixConfiguration, match="another key"):
        Tombstones.read(tmp_path, b"another key of some length")


def test_damaged_tombstones_stop_everything(tmp_path: Path) -> None:
    (tmp_path / "erased.json").write_text("{")

    with pytest.raises(FixEnvironment, match="backup"):
        Tombstones.read(tmp_path, KEY)
