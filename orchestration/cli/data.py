"""`earful sql`, `earful replay`, `earful compact`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connectors.errors import FixConfiguration
from orchestration import settings as instance_settings
from orchestration.cli.output import Json, say, show_json, show_table

if TYPE_CHECKING:
    from connectors.landing import Landing

Query = Annotated[str, typer.Argument(help="SQL; tables are those of the published file.")]
Stream = Annotated[str, typer.Argument(metavar="SOURCE.STREAM", help="Stream to work on.")]
Limit = Annotated[int, typer.Option(help="Rows shown at most.", min=1)]


def sql(query: Query, limit: Limit = 100, *, as_json: Json = False) -> int:
    """Query the published file, read-only."""
    from orchestration.publishing.versions import FILE
    from orchestration.warehouse import QueryError, connect

    with connect(instance_settings.load().published / FILE, read_only=True) as connection:
        # a query reads the published tables, and no other file or database
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            statements = connection.extract_statements(query)
            if len(statements) != 1:
                raise FixConfiguration(
                    "SQL",
                    "query",
                    f"{len(statements)} statements where one is expected",
                    "Ask one at a time; what comes before it can be a `with`.",
                )
            result = connection.execute(statements[0])
        except QueryError as error:
            raise FixConfiguration(
                "SQL",
                "query",
                str(error).splitlines()[0],
                'earful sql "show tables" lists what there is.',
            ) from None
        columns = [column[0] for column in result.description or []]
        rows = result.fetchmany(limit + 1)
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows[:limit]])
    else:
        show_table("", columns, rows[:limit])
    if len(rows) > limit:
        say(f"only the first {limit} rows are shown; --limit shows more")
    return 0


def replay(
    stream: Stream,
    since: Annotated[
        str | None, typer.Option(help="Packages that landed from this date or time (UTC) on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="... before this date or time. Both may be load ids.")
    ] = None,
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done.")] = False,
    as_json: Json = False,
) -> int:
    """Map the raw pages of old packages again, with today's mapping."""
    from connectors.landing import Landing
    from connectors.landing.replay import replay as replay_packages
    from connectors.landing.replay import replayable
    from orchestration.sources import configured_stream
    from orchestration.windows import packages

    settings = instance_settings.load()
    landing = Landing(settings.landing)
    first, end = packages(since, until)
    source, _, name = stream.partition(".")
    target = configured_stream(settings, source, name)
    _require_packages(landing, source, name)
    if plan:
        found = replayable(landing, target.origin, since=first, until=end)
        ids = [manifest.load_id for manifest in found]
        show_json(ids) if as_json else show_table(
            "Would be replayed", ["package"], [[i] for i in ids]
        )
        return 0
    done = list(replay_packages(target, landing, since=first, until=end))
    rows = [
        [m.supersedes[0], m.load_id, m.counts.read, m.counts.accepted, m.counts.rejected]
        for m in done
    ]
    if as_json:
        show_json(rows)
    elif not rows:
        say("nothing to map again")
    else:
        show_table("Replayed", ["package", "superseded by", "read", "accepted", "set aside"], rows)
        say("earful run loads and publishes them")
    return 0


def compact(stream: Stream, *, as_json: Json = False) -> int:
    """Merge a stream's small packages into one."""
    from connectors.landing import Landing
    from connectors.landing.compact import compact as compact_packages

    source, _, name = stream.partition(".")
    landing = Landing(instance_settings.load().landing)
    _require_packages(landing, source, name)
    merged = compact_packages(landing, source, name)
    if as_json:
        show_json({"load_id": merged.load_id, "merges": merged.merges} if merged else None)
    elif merged:
        say(f"{len(merged.merges)} packages are now {merged.load_id}")
    else:
        say("nothing to merge")
    return 0


def _require_packages(landing: Landing, source: str, name: str) -> None:
    if (source, name) not in landing.streams() or not landing.load_ids(source, name):
        raise FixConfiguration(
            "STREAM-UNKNOWN",
            f"{source}.{name}",
            "nothing has landed of a stream of this name",
            "earful status lists what there is.",
        )
