"""What identity finds of known duplicates: FEBRL 1, 2 and 4, and fake_1000.

Deterministic, nothing is tuned: FEBRL's social security number is a shared id, fake_1000's e-mail
address links, and no other field is looked at. "One system" has all records of a set as people of
one source (of two for FEBRL 4), where an address or id of more than three is a desk's and links
nobody. In "systems apart" each record is of a source of its own, so that nothing is a desk's.

"Alike" adds the probabilistic pass to one system, by the YAML in `matching/`: its own pairs, then
the customers that all links make together. It learns from each set without its truth.

Reads `febrl` and `splink_datasets` below EARFUL_EXPORTS.

And what it costs: people of two systems with an e-mail address and a number each, and orders by
both; two customers share a number. 2.1 million references, 3 million links, beside what a script by
hand takes for them (identity_floor.py), which has to find as many customers; then two days of new,
changed and deleted ones, beside what dbt takes to do nothing.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks import identity_floor
from benchmarks.measure import Stopwatch
from benchmarks.models import SEEDS, build
from connectors.landing import Landing
from orchestration.matching import links
from orchestration.settings import Settings
from orchestration.warehouse import Loader, connect

_ROOT = Path(__file__).parents[1]
_DATA = Path(os.environ.get("EARFUL_EXPORTS", _ROOT.parent / "shared" / "data"))
_MATCHING = Path(__file__).parent / "matching"
_FILES = {
    "FEBRL 1": ("febrl/dataset1.csv",),
    "FEBRL 2": ("febrl/dataset2.csv",),
    "FEBRL 4": ("febrl/dataset4a.csv", "febrl/dataset4b.csv"),
    "fake_1000": ("splink_datasets/fake_1000.csv",),
}
_NODES = """
    select refs.source, refs.value as record, coalesce(ids.customer_id, -refs.node_id) as found
    from intermediate.int_references as refs
    left join intermediate.int_customer_ids as ids
        on refs.node_id = ids.node_id and ids.until is null
    where refs.kind = 'person'
"""
_LINKS = "select * from matching.links where verdict = 'link'"


def _records() -> pl.DataFrame:
    """All records: their set, file, id, the entity that they are truly of, and what links."""
    frames = []
    for name, files in _FILES.items():
        for file in files:
            frame = pl.read_csv(_DATA / file, infer_schema=False)
            frame = frame.rename(lambda column: column.strip())
            cells = pl.all().str.strip_chars().replace("", None)
            frames.append(
                _read(frame.with_columns(cells)).with_columns(set=pl.lit(name), file=pl.lit(file))
            )
    return pl.concat(frames)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    febrl = "rec_id" in frame.columns
    names = ("given_name", "surname") if febrl else ("first_name", "surname")
    none = pl.lit(None, pl.String)
    return frame.select(
        record="rec_id" if febrl else "unique_id",
        truth=pl.col("rec_id").str.extract(r"rec-(\d+)-") if febrl else "cluster",
        full_name=pl.concat_str(*names, separator=" ", ignore_nulls=True),
        external_id="soc_sec_id" if febrl else none,
        email=none if febrl else "email",
        attributes=pl.struct(pl.all()).map_elements(json.dumps, pl.String),
    )


def _resolved(
    folder: Path, records: pl.DataFrame, matching: Path | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The customer that each record was found to be, by `source` and `record`; and alike pairs."""
    folder.mkdir()
    people = records.select(
        *("source", "external_id", "email", "full_name", "attributes"),
        person_ref="record",
        _deleted=False,
    )
    settings = Settings(data=folder)
    with connect(settings.warehouse) as connection:
        Loader(connection, Landing(folder / "nothing")).load()
        connection.register("people", people.to_arrow())
        connection.execute(
            "insert into raw.people by name select *, 'one' as _load_id,"
            " timestamp '2026-01-01' as _loaded_at from people"
        )
    seeds = _seeds(folder / "seeds", records)
    if matching is not None:
        build(folder, "--select", "stg_people", seeds=seeds)
        links.run(settings, matching)
    build(folder, "--select", "+int_customer_ids", seeds=seeds)
    with connect(settings.warehouse) as connection:
        return connection.sql(_NODES).pl(), connection.sql(_LINKS).pl()


def _seeds(folder: Path, records: pl.DataFrame) -> Path:
    """The tests' seeds, and which sources share their ids: those of one set."""
    folder.mkdir()
    for seed in SEEDS.glob("*.csv"):
        (folder / seed.name).write_text(seed.read_text())
    with (folder / "external_id_namespaces.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["source", "namespace"])
        writer.writerows(records.select("source", "set").unique().sort(pl.all()).rows())
    return folder


def _pairs(frame: pl.DataFrame, *by: str) -> int:
    return sum(n * (n - 1) // 2 for n in frame.group_by(*by).len()["len"].to_list())


def _scores(records: pl.DataFrame) -> str:
    """Pairs, and whole clusters: the share of each side's that the other has to the last record."""
    right = _pairs(records, "truth", "found")
    made, true = _pairs(records, "found"), _pairs(records, "truth")
    grouped = records.with_columns(
        both=pl.len().over("truth", "found"),
        true=pl.len().over("truth"),
        made=pl.len().over("found"),
    )
    # B-cubed: of each record, how much of its cluster is right, and how much of it was found
    purity, found = grouped.select(
        (pl.col("both") / pl.col("made")).mean(), found=(pl.col("both") / pl.col("true")).mean()
    ).row(0)
    exact = grouped.filter((pl.col("both") == pl.col("made")) & (pl.col("both") == pl.col("true")))
    whole = exact["truth"].n_unique() / records["truth"].n_unique()
    precision = f"{right / made:.4f}" if made else "none made"
    return (
        f"pairs: precision {precision}, recall {right / true:.4f} ({right:,} of {true:,});"
        f" B-cubed {purity:.4f} and {found:.4f}; {whole:.4f} of the entities exactly"
    )


def _pair_scores(records: pl.DataFrame, alike: pl.DataFrame) -> str:
    """Of the pairs that the pass itself linked: the share that is right, and that was found."""
    truth = records.select("source", "record", "truth")
    for side in "ab":
        named = truth.rename(
            {"source": f"source_{side}", "record": f"person_ref_{side}", "truth": f"truth_{side}"}
        )
        alike = alike.join(named, on=[f"source_{side}", f"person_ref_{side}"], validate="m:1")
    right = alike.filter(pl.col("truth_a") == pl.col("truth_b")).height
    true = _pairs(records, "truth")
    return (
        f"pairs: precision {right / max(alike.height, 1):.4f}, recall {right / true:.4f}"
        f" ({right:,} of {true:,}; {alike.height - right:,} wrong)"
    )


_ADDRESSES = "'m' || i || '@mail.test' as email, '+49170' || (1000000 + i // 2) as phone_e164"
_PEOPLE = f"'p' || i as person_ref, {_ADDRESSES}, 'Reader ' || i || {{name}} as full_name"
_ORDERS = f"'o' || i as event_id, 'order' as event_type, {_ADDRESSES}"
_RECORDS = (
    ("people", "shop", _PEOPLE),
    ("people", "desk", _PEOPLE),
    ("value_events", "shop", _ORDERS),
)
_TAKEN = re.compile(r"SQL status: \w+ in ([0-9.]+) seconds")
_MODELS = ("+identity_links", "+identity_changes", "+identity_conflicts", "+int_record_customers")


def _told(settings: Settings, load: int, customers: range, *, deleted: bool = False) -> None:
    """Append customers by their numbers as a load: their people and an order each."""
    numbers = f"range({customers.start}, {customers.stop}, {customers.step})"
    with connect(settings.warehouse) as connection:
        for table, source, columns in _RECORDS:
            connection.execute(
                f"insert into raw.{table} by name select '{source}' as source,"
                f" {deleted} as _deleted,"
                f" '20260101T0000{load:02}.000000Z-bench0' as _load_id,"
                f" timestamp '2026-01-01 00:00:{load:02}' as _loaded_at,"
                f" {columns.format(name=load)} from {numbers} as t(i)"
            )


def _warehouse(folder: Path) -> Settings:
    """An empty warehouse, for which dbt has parsed the project."""
    folder.mkdir()
    settings = Settings(data=folder)
    with connect(settings.warehouse) as connection:
        Loader(connection, Landing(folder / "nothing")).load()
    build(folder, "--select", "email_providers")
    return settings


@dataclass(frozen=True)
class _Run:
    """A build of identity: CPU seconds with dbt's own, seconds in SQL, and of each model."""

    cpu: float
    sql: float
    models: dict[str, float]

    def tell(self, what: str) -> None:
        """Print what it cost."""
        sys.stdout.write(f"  {what:<40} {self.sql:7.2f} s in SQL, {self.cpu:6.2f} CPU s with dbt\n")


def _run(folder: Path) -> _Run:
    log = folder / "logs" / "dbt.log"
    log.unlink(missing_ok=True)
    watch = Stopwatch()
    with watch:
        seconds = build(folder, "--select", *_MODELS)
    sql = sum(float(taken) for taken in _TAKEN.findall(log.read_text()))
    models = {n: cost for n, cost in seconds.items() if n.startswith(("int_", "identity_"))}
    return _Run(watch.cpu, sql, models)


def _costs(folder: Path, size: int) -> None:
    """Print what identity costs, as a whole and after each of two days.

    Most of a day is dbt itself, so doing nothing is told beside it, on an empty warehouse and on
    one with a history. The customers of a day are strewn over all that came before.
    """
    folder.mkdir()
    empty = _warehouse(folder / "empty").data
    _run(empty)  # makes the tables that every later run finds
    _run(empty).tell("nothing, on nothing")
    settings, step = _warehouse(folder / "full"), size // 1000
    for day in range(3):
        if day == 0:
            _told(settings, 1, range(size))
            floor, references, customers = identity_floor.seconds(settings.warehouse)
            sys.stdout.write(
                f"  floor: {references:,} references, {customers:,} customers, {floor:.2f} s\n"
            )
        else:
            first = size + (day - 1) * step
            _told(settings, 3 * day, range(first, first + step))
            _told(settings, 3 * day + 1, range(day * 5, size, size // (step // 2)))
            _told(settings, 3 * day + 2, range(day * 7, size, size // (step // 20)), deleted=True)
        run = _run(settings.data)
        with connect(settings.warehouse) as connection:
            counted = connection.sql(
                "select (select count(distinct node_id) from intermediate.int_references),"
                " (select count(*) from intermediate.int_identity_edges),"
                " (select count(distinct customer_id) from intermediate.int_customer_ids"
                "  where until is null)"
            ).fetchall()
        [(nodes, links, found)] = counted
        run.tell(
            f"a day on {nodes:,} references" if day else f"{nodes:,} references, {links:,} links"
        )
        if not day:
            sys.stdout.write(f"    {run.sql / floor:.2f} x floor\n")
            if (nodes, found) != (references, customers):
                raise AssertionError(f"{nodes:,} references, {found:,} customers")
        for name in sorted(run.models, key=run.models.__getitem__, reverse=True)[:6]:
            sys.stdout.write(f"    {name:<38} {run.models[name]:7.2f} s\n")
    _run(settings.data).tell("nothing, on top of that")


def main(folder: Path, *, small: bool) -> None:
    """Print the scores of each set, in one system and in systems apart, and what identity costs."""
    _costs(folder / "costs", 60_000 if small else 600_000)
    if not _DATA.is_dir():
        sys.stdout.write(f"  the data sets are not here: {_DATA} (set EARFUL_EXPORTS)\n")
        return
    records = _records()
    ways = {
        "one system": pl.col("file"),
        "systems apart": pl.concat_str("file", "record", separator="/"),
    }
    for way, source in ways.items():
        told = records.with_columns(source=source)
        known, _ = _resolved(folder / way.replace(" ", "-"), told)
        found = told.join(known, on=["source", "record"], how="left", validate="1:1")
        for (name,), frame in found.group_by("set", maintain_order=True):
            sys.stdout.write(f"  {name:<10} {way:<14} {_scores(frame)}\n")
    for name, frame in (
        records.with_columns(source="file").partition_by("set", as_dict=True).items()
    ):
        _alike(folder, str(name[0]), frame)


def _alike(folder: Path, name: str, told: pl.DataFrame) -> None:
    slug = name.lower().replace(" ", "_")
    matching = _MATCHING / ("fake_1000.yaml" if slug == "fake_1000" else "febrl.yaml")
    known, alike = _resolved(folder / slug, told, matching)
    found = told.join(known, on=["source", "record"], how="left", validate="1:1")
    sys.stdout.write(f"  {name:<10} {'alike, alone':<14} {_pair_scores(told, alike)}\n")
    sys.stdout.write(f"  {name:<10} {'alike, all':<14} {_scores(found)}\n")
