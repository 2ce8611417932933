"""Whether a source is still heard from: runs that find nothing new look well and may not be."""

from __future__ import annotations

import dagster as dg

from connectors.landing import Landing
from orchestration.assets import landing_key
from orchestration.components.streams import Streams

CHECK = "still_heard_from"
_AT = "%Y-%m-%d %H:%M UTC"


def spec(streams: Streams) -> list[dg.AssetCheckSpec]:
    """The check of a source that says when it counts as stale; it stands at its first stream."""
    source, stale_after = streams.source, streams.config.stale_after
    if stale_after is None:
        return []
    return [
        dg.AssetCheckSpec(
            CHECK,
            asset=landing_key(source, next(iter(streams.facts()))),
            description=f"The newest record of {source} is not older than {stale_after}.",
            blocking=False,
        )
    ]


def judge(streams: Streams, landing: Landing) -> dg.AssetCheckResult:
    """Compare the newest record of all streams with the clock of the vendor."""
    source, limit = streams.source, streams.config.age_limit
    names = list(streams.facts())
    times = [landing.newest(source, name) for name in names]
    newest = max((time for time in times if time is not None), default=None)
    now = streams.now()
    heard = newest is not None and limit is not None and now - newest <= limit
    told = "there is no record yet" if newest is None else f"the newest record is of {newest:{_AT}}"
    return dg.AssetCheckResult(
        passed=heard,
        asset_key=landing_key(source, names[0]),
        check_name=CHECK,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{source}: {told}; now is {now:{_AT}}, and it counts as stale after "
        f"{streams.config.stale_after}",
    )
