"""Ten questions that dashboards ask of the published file, and publishing again after a day.

Every question is asked ten times on a connection that is already open, in turns, as many people's
dashboards would. Publishing is what its asset does: copy, describe, export, swap; the day's
voices are of that day, as they would be.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.history import History
from orchestration.dbt import manifest as dbt_manifest
from orchestration.publishing.publish import publish
from orchestration.publishing.versions import FILE
from orchestration.warehouse import connect

QUESTIONS = {
    "score by touchpoint": """
        select touchpoint, n, value, interval_low, interval_high from metrics
        where metric = 'nps' and period_grain = 'all' and cut_by in ('all', 'touchpoint')""",
    "score by month": """
        select period_start, n, value, interval_low, interval_high, change_verdict from metrics
        where metric = 'nps' and period_grain = 'month' and cut_by = 'all' order by 1""",
    "what moved": """
        select metric, cut_by, touchpoint, segment, change, change_low, change_high from metrics
        where change_verdict not in ('noise', 'unknown') order by abs(change) desc limit 50""",
    "touches by month and stage": """
        select date_trunc('month', occurred_at) as month, stage, count(*) from journey_events
        where is_touch group by all order by all""",
    "customers heard by channel": """
        select channel, approx_count_distinct(customer_id) from journey_events
        where is_touch group by all""",
    "journeys by outcome": """
        select journey, date_trunc('month', started_at) as month, outcome, count(*), median(days)
        from journeys group by all order by all""",
    "time between steps": """
        select previous_touchpoint, touchpoint, count(*), median(minutes_since_previous)
        from journey_steps where step > 1 group by all order by 3 desc limit 20""",
    "worth of detractors": """
        select scores.nps_group, count(distinct customers.customer_id), sum(customers.amount)
        from scores join customers using (customer_id) where metric = 'nps' group by all""",
    "unhappy about lateness": """
        select commented_at, touchpoint, score, comment from comments
        where score <= 6 and comment ilike '%late%' order by commented_at desc limit 50""",
    "one customer's journey": """
        select occurred_at, kind, touchpoint, score, amount from journey_events
        where customer_id = (select customer_id from customers order by touches desc limit 1)
        order by occurred_at""",
}
_TURNS = 10
_TODAY = date(2025, 11, 25)


def main(folder: Path, *, small: bool) -> None:
    """Print seconds and bytes of publishing and milliseconds of each question."""
    for size in (20_000,) if small else (200_000, 1_000_000):
        history = History(folder / f"history-{size}", size)
        history.load(0, size)
        history.build()
        _publish(history, "first")
        history.load(size, size + size // 1000, on=_TODAY)
        history.build()
        _publish(history, "after a day")
        _ask(history.settings.published / FILE)
        shutil.rmtree(history.settings.data)


def _publish(history: History, label: str) -> None:
    """Do what the asset does, and print what it cost."""
    settings = history.settings
    dbt_manifest.ensure(settings)
    began, used = time.perf_counter(), time.process_time()
    publish(settings, "bench", [])
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    with connect(settings.published / FILE, read_only=True) as connection:
        [(files, written, linked)] = connection.execute("""
            select count(*) filter (written_in = version),
                coalesce(sum(bytes) filter (written_in = version), 0),
                coalesce(sum(bytes) filter (written_in <> version), 0)
            from about_files cross join about""").fetchall()
    copied = (settings.published / FILE).stat().st_size
    sys.stdout.write(
        f"  {history.size:>9,} voices, published {label}: {seconds:.2f} s, cpu {cpu:.2f} s;"
        f" {copied / 1e6:,.0f} MB copied, {written / 1e6:,.0f} MB of Parquet written"
        f" ({files} files), {linked / 1e6:,.0f} MB linked\n"
    )


def _ask(file: Path) -> None:
    asked: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    with connect(file, read_only=True) as connection:
        for turn in range(_TURNS + 1):
            for question, query in QUESTIONS.items():
                began = time.perf_counter()
                rows = connection.execute(query).fetchall()
                if not rows:
                    raise RuntimeError(f"nobody answers: {question}")
                if turn:  # the first turn warms
                    asked[question].append((time.perf_counter() - began) * 1000)
    every = sorted(one for times in asked.values() for one in times)
    sys.stdout.write(
        f"    all questions: p50 {statistics.median(every):.0f} ms,"
        f" p95 {statistics.quantiles(every, n=20)[-1]:.0f} ms\n"
    )
    for question, times in asked.items():
        sys.stdout.write(f"    {question:<28} {statistics.median(times):7.1f} ms\n")
