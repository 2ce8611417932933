"""A company made whole: each block lived and written, then the truth, then the description."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from connectors.sandbox.company.block import Block, make_block
from connectors.sandbox.company.config import CompanyConfig
from connectors.sandbox.company.home import DESCRIPTION, Company, building, open_company
from connectors.sandbox.company.house import house_tables
from connectors.sandbox.company.plan import Plan
from connectors.sandbox.company.staff import staff
from connectors.sandbox.company.tables import Tables
from connectors.sandbox.company.truth import Truth
from connectors.sandbox.systems import SYSTEMS


def generate(home: Path, config: CompanyConfig) -> Company:
    """Make the company in `home`, which must be new, empty, or hold this very company.

    Raises:
        FixConfiguration: Something else is in `home`.
        FixEnvironment: The disk refuses.
        Locked: Somebody else is generating it.
    """
    if (home / DESCRIPTION).exists():
        there = open_company(home)
        if there.config == config:
            return there
    with building(home) as folder:
        return _write(folder, config)


def blocks(config: CompanyConfig) -> Iterator[tuple[int, Tables, Block | None]]:
    """The house (block 0), then each block of customers, one in memory at a time."""
    plan = Plan(config)
    crew = staff(plan)
    yield 0, house_tables(plan, crew), None
    for number in range(1, config.blocks + 1):
        block = make_block(plan, crew, number)
        yield number, block.tables, block


def _write(folder: Path, config: CompanyConfig) -> Company:
    rows = dict.fromkeys(SYSTEMS, 0)
    moments: list[datetime] = []
    plan = Plan(config)
    with Truth(folder / "truth", plan, staff(plan)) as truth:
        for number, tables, block in blocks(config):
            for name, frame in tables.items():
                target = folder / "systems" / name / f"{number:05d}.parquet"
                target.parent.mkdir(parents=True, exist_ok=True)
                frame.write_parquet(target, compression="zstd", compression_level=1)
                rows[name] += len(frame)
                known = [frame["at"].min(), frame["at"].max()] if len(frame) else []
                moments += [at for at in known if isinstance(at, datetime)]
            if block is not None:
                truth.learn(block)
    company = Company(config=config, rows=rows, first=min(moments), last=max(moments))
    (folder / DESCRIPTION).write_bytes(msgspec.json.format(msgspec.json.encode(company), indent=2))
    return company


def read(home: Path, table: str) -> pl.LazyFrame:
    """All rows of a system's table, lazily."""
    return pl.scan_parquet(home / "systems" / table / "*.parquet")
