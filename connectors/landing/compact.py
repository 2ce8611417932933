"""Merges a stream's small packages into one, rows and pages unchanged.

A stream that is read every few minutes leaves a hundred thousand small files a year. Rows keep
the load ids they had, so the ledger knows them and nothing is loaded again. Packages made of
export files stay as they are: a file is its own package. So do replays and re-read windows,
which mean something only beside the packages that they look back on.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import polars as pl

from connectors.landing.manifest import Counts, Manifest
from connectors.landing.store import Landing
from connectors.landing.writer import PackageWriter


def compact(landing: Landing, source: str, stream: str) -> Manifest | None:
    """Merge the packages of a stream that can be merged; None where there are fewer than two.

    The old folders are removed after the new package is committed. After a crash between the
    two, both are there and the listing goes by the new one.
    """
    with landing.writing(source, stream) as folder:
        small = [m for m in landing.manifests(source, stream) if _is_plain(m)]
        if len(small) < 2:  # noqa: PLR2004 - one package needs no merging
            return None
        merged = _merge(landing, folder, small)
        for old in small:
            shutil.rmtree(folder / old.load_id)
        return merged


def _is_plain(manifest: Manifest) -> bool:
    return not (manifest.inputs or manifest.overlaps or manifest.supersedes)


def _merge(landing: Landing, folder: Path, small: list[Manifest]) -> Manifest:
    first, last = small[0], small[-1]
    load_id = _merged_id(last.load_id, landing.load_ids(last.source, last.stream))
    with PackageWriter(folder, load_id, last.origin) as writer:
        for table in sorted({name for m in small for name in m.tables}):
            frames = [
                pl.scan_parquet(folder / m.load_id / m.tables[table].file)
                for m in small
                if table in m.tables
            ]
            # a column that the contract gained later is null before
            writer.merge(table, pl.concat(frames, how="diagonal"))
        for m in small:
            if m.rejects:
                writer.reject(pl.read_parquet(folder / m.load_id / m.rejects.file))
            for page in m.pages:
                writer.append_pages(folder / m.load_id / page.file, page.rows)
        return writer.commit(
            sum((m.counts for m in small), Counts()),
            cursor_before=first.cursor_before,
            cursor_after=last.cursor_after,
            merges=[load_id for m in small for load_id in m.members],
            unknown_fields=sorted({name for m in small for name in m.unknown_fields}),
            erased=dict(sum((Counter(m.erased) for m in small), Counter())),
        )


def _merged_id(load_id: str, taken: list[str]) -> str:
    """`….c1` behind the newest package; a compaction of that is `….c2`."""
    stem = re.sub(r"\.c\d+$", "", load_id)
    number = 1
    while f"{stem}.c{number}" in taken:
        number += 1
    return f"{stem}.c{number}"
