"""Lands one export file: every row ends up in a table, among the rejects, or as a repetition."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from connectors.errors import FixInput
from connectors.files import duplicates, values
from connectors.files.columns import Columns
from connectors.files.export import Export
from connectors.files.header import EXTRA, ROW
from connectors.files.joins import joined, lookup_frame, roots
from connectors.files.mapping import StreamConfig
from connectors.files.plan import Plan, plan
from connectors.files.readers import open_export
from connectors.files.shape import Output
from connectors.files.sieve import Sieve, Verdicts, own_columns
from connectors.landing import Counts, Origin, PackageWriter, Window


@dataclass(frozen=True)
class Job:
    """What to land and how.

    Args:
        origin: The stream.
        config: Its mapping.
        main: The export file.
        name: What messages call it.
        others: Files to look up in, one list for each of `config.lookups`.
        work: Folder for copies that are needed while reading.
        key: What respondents are hashed with.
        window: Cuts rows by when they happened.
    """

    origin: Origin
    config: StreamConfig
    main: Path
    name: str
    others: list[list[Path]]
    work: Path
    key: bytes | None
    window: Window | None = None


def land(job: Job, writer: PackageWriter) -> Counts:
    """Land one file into `writer`.

    Raises:
        FixInput: The file cannot be read, or nothing in it can.
        FixConfiguration: The mapping does not fit.
    """
    export = open_export(job.main, job.config, job.work, job.name)
    with export.explained():
        return _File(job, export).land(writer)


@dataclass
class _File:
    job: Job
    export: Export
    verdicts: Verdicts = field(default_factory=Verdicts)

    def __post_init__(self) -> None:
        self._frame = self._joined()
        schema = self._frame.collect_schema()
        self._own = own_columns(schema.names())
        self._is_csv = EXTRA in schema
        self._plan = self._planned(dict(schema), values.trimmed)
        self._lean = self._planned(dict(schema), values.as_it_is)

    def _planned(self, schema: dict[str, pl.DataType], trim: values.Trim) -> Plan:
        job = self.job
        columns = Columns(schema, str(job.origin), job.config.longest_text, job.key, trim)
        return plan(job.config, job.origin, self.export.header, columns)

    def _joined(self) -> pl.LazyFrame:
        job = self.job
        where = str(job.origin)
        frame = self.export.scan()
        if job.config.thread:
            root = roots(self.export.scan, job.config.thread, where)
            frame = frame.join(root.lazy(), on=ROW, how="left", maintain_order="left")
        for lookup, paths in zip(job.config.lookups, job.others, strict=True):
            other = lookup_frame(lookup, paths, job.config, job.work, where)
            frame = joined(frame, lookup, other, where)
        return frame

    def land(self, writer: PackageWriter) -> Counts:
        tables: dict[str, list[Output]] = {}
        for output in self._plan.outputs:
            tables.setdefault(output.table.name, []).append(output)
        (first, outputs), *rest = tables.items()
        sieve = self._write(writer, first, outputs, first=True)
        while self._second_look(sieve):
            sieve = self._write(writer, first, outputs, first=True)
        counts = _counts(sieve)
        self._check_something(sieve, counts)
        for table, others in rest:
            self._write(writer, table, others, first=False)
        if sieve.rejects:
            writer.reject(pl.concat(sieve.rejects).sort("record"))
        return counts

    def _write(
        self, writer: PackageWriter, table: str, outputs: list[Output], *, first: bool
    ) -> Sieve:
        sieve = self._sieve()
        frames = []
        for output in outputs:
            frame = self._rows(sieve, output, first=first)
            first = False
            if output.one_per_key:
                rows = output.one_each(frame.collect(engine="streaming"))
                frame = rows.lazy()
            else:
                frame = frame.drop(ROW)
            frames.append(frame)
        # each output lacks other columns: the contract's door fills them with null
        everything = pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]
        writer.sink(table, everything)
        return sieve

    def _rows(self, sieve: Sieve, output: Output, *, first: bool) -> pl.LazyFrame:
        def batch(raw: pl.DataFrame) -> pl.DataFrame:
            return output.rows(sieve.judge(raw, first=first))

        return self._frame.map_batches(batch, schema=output.schema, streamable=True)

    def _sieve(self) -> Sieve:
        return Sieve(
            own=self._own,
            steps=self._plan.steps,
            lean=self._lean.steps,
            problems=self._plan.problems,
            keys=self._plan.keys,
            happened=self._plan.happened,
            window=self.job.window,
            verdicts=self.verdicts,
            is_csv=self._is_csv,
            has_nul=self.export.has_nul,
        )

    def _second_look(self, sieve: Sieve) -> bool:
        """Whether something was learnt of single records, so that the pass has to be redone."""
        if sieve.may_be_short and not self.verdicts.short:
            self.verdicts.short = self.export.short_rows()
            if self.verdicts.short:
                return True
        news = False
        for (names, keep), hashes in zip(self._plan.keys, sieve.hashes, strict=True):
            twice = duplicates.suspects(hashes)
            if twice.len():
                news |= self._decide(names, keep, twice)
        return news

    def _decide(self, names: tuple[str, ...], keep: pl.Expr | None, twice: pl.Series) -> bool:
        again = self._sieve()

        def judge(raw: pl.DataFrame) -> pl.DataFrame:
            good = again.judge(raw, first=False)
            return good if keep is None else good.filter(keep)

        rows = duplicates.look_again(self._frame, judge, names, twice, self._own)
        policy = self.job.config.on_duplicate
        return duplicates.decide(rows, names, policy, self.job.name, self.verdicts)

    def _check_something(self, sieve: Sieve, counts: Counts) -> None:
        if counts.accepted or not sieve.rejects:
            return
        why = pl.concat(sieve.rejects).filter(~pl.col("reason").str.starts_with("left out by"))
        if why.is_empty():
            return
        top = why.group_by("path", "reason").len().sort("len", "path", descending=[True, False])
        path, reason, count = top.row(0)
        raise FixInput(
            "FILE-NOTHING",
            self.job.name,
            f"none of {counts.read} rows could be read; {count} of them: {path} {reason}",
            "Correct the mapping, or the export.",
        )


def _counts(sieve: Sieve) -> Counts:
    rejected = sieve.rejected
    return Counts(
        read=sieve.read,
        accepted=sieve.read - rejected - sieve.deduplicated,
        rejected=rejected,
        deduplicated=sieve.deduplicated,
    )
