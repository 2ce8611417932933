"""Builds whenever something landed, or the models changed: one run for all of it.

The sensor goes by the newest package of each stream, not by Dagster's events, so packages that
the command line or another machine landed count too.
"""

import hashlib

import dagster as dg

from connectors.landing import Landing
from orchestration import dbt_manifest
from orchestration import settings as instance_settings

_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]

build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all() - dg.AssetSelection.key_prefixes("landing"),
    description="Loads what landed, judges it, builds the models, and publishes.",
)


@dg.sensor(
    job=build,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a build when a package is new or a model changed.",
)
def downstream(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One build per state of the landing folder; while one is under way, none."""
    settings = instance_settings.load()
    landing = Landing(settings.landing)
    newest = [landing.load_ids(*stream)[-1:] for stream in landing.streams()]
    if not any(newest):
        return dg.SkipReason("nothing has landed yet")
    active = context.instance.get_runs_count(dg.RunsFilter(job_name=build.name, statuses=_ACTIVE))
    if active:
        return dg.SkipReason("a build is under way")
    state = hashlib.sha256(f"{newest} {dbt_manifest.fingerprint(settings)}".encode())
    return dg.RunRequest(run_key=state.hexdigest())
