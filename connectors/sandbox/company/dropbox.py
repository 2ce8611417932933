"""The drop folder: the shop's orders as CSV, one file for each calendar month."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import polars as pl

from connectors.errors import FixEnvironment
from connectors.sandbox.company.config import month_after
from connectors.sandbox.company.home import open_company

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def write_orders(home: Path, folder: Path, until: datetime) -> list[Path]:
    """Export what was ordered and refunded until a moment (naive UTC, inclusive).

    `orders_2026-03.csv` and so on, ascending by `occurred_at`; the month that runs holds what
    happened so far. Files that would stay as they are are not touched.

    Returns:
        The files written, oldest first.

    Raises:
        FixConfiguration: No company lives in `home`.
        FixEnvironment: The disk refuses.
    """
    config = open_company(home).config
    rows = pl.scan_parquet(home / "systems" / "orders" / "*.parquet")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        month = config.start.replace(day=1)
        while month <= until and month < config.end:
            after = month_after(month, 1)
            those = rows.filter(pl.col("at") >= month, pl.col("at") < after, pl.col("at") <= until)
            path = folder / f"orders_{month:%Y-%m}.csv"
            if _replace(path, as_csv(those.sort("at", "order_id").collect()).write_csv()):
                written.append(path)
            month = after
    except OSError as error:
        raise FixEnvironment(
            "SANDBOX-DISK",
            str(folder),
            f"the disk refuses ({error.strerror or type(error).__name__})",
            "Look for space and permissions, and export again.",
        ) from error
    return written


def as_csv(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders as the shop exports them: without `at`, times as ISO 8601 in UTC."""
    return orders.drop("at").with_columns(pl.col("occurred_at").dt.strftime(_MOMENT))


def _replace(path: Path, content: str) -> bool:
    """Write if there is something new; readers see the old file or the new one."""
    if path.exists() and path.read_text("utf-8") == content:
        return False
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(content, "utf-8")
    beside.replace(path)
    return True
