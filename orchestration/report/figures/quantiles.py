"""Quantiles of durations as SQL, with the interval of the median."""

from __future__ import annotations


def quantiles(by: str, least: int = 10) -> str:
    """From `placed` (n, place, minutes): quantiles by `by`, and the interval of the median.

    `place` is how many of the n are no greater, in an order that counts equal ones up.
    """
    ends = {
        "p10_minutes": "ceil(n * 0.1)",
        "p25_minutes": "ceil(n * 0.25)",
        "p50_minutes": "ceil(n * 0.5)",
        "p75_minutes": "ceil(n * 0.75)",
        "p90_minutes": "ceil(n * 0.9)",
        "p50_low_minutes": "greatest(floor(n / 2 - 0.98 * sqrt(n)), 1)",
        "p50_high_minutes": "least(ceil(1 + n / 2 + 0.98 * sqrt(n)), n)",
    }
    picked = ",\n    ".join(
        f"round(min(minutes) filter (where place >= {place}), 2) as {name}"
        for name, place in ends.items()
    )
    # indented as the queries are in which it stands
    body = f"select {by}, n,\n    {picked}\nfrom placed\nwhere n >= {least}\ngroup by {by}, n"
    return body.replace("\n", "\n            ")
