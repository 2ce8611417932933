"""Builds whenever something landed, or the models changed: one run for all of it.

The sensor goes by the newest package of each stream, not by Dagster's events, so packages that
the command line or another machine landed count too.
"""

import hashlib

import dagster as dg

from connectors.landing import Landing
from orchestration import settings as instance_settings
from orchestration.dbt import manifest as dbt_manifest
from orchestration.settings import Settings

STATE = "earful/state"
"""Tag of a build: the state of the landing folder and of the models that it was asked for."""
ATTEMPTS = 3
"""Builds of one state before a person has to look: a locked warehouse passes, a refusal stays."""

_ACTIVE = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)

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
    """One build at a time, until the present state was built."""
    state = _state(instance_settings.load())
    if state is None:
        return dg.SkipReason("nothing has landed yet")
    if context.instance.get_runs_count(dg.RunsFilter(job_name=build.name, statuses=list(_ACTIVE))):
        return dg.SkipReason("a build is under way")
    before = context.instance.get_runs(dg.RunsFilter(job_name=build.name, tags={STATE: state}))
    if any(run.status is dg.DagsterRunStatus.SUCCESS for run in before):
        return dg.SkipReason("everything that landed is built")
    if len(before) >= ATTEMPTS:
        return dg.SkipReason(f"{ATTEMPTS} builds of this state failed: look at the last one")
    return dg.RunRequest(run_key=f"{state}-{len(before)}", tags={STATE: state})


def _state(settings: Settings) -> str | None:
    """Hash of the newest packages and the models; None where nothing has landed."""
    landing = Landing(settings.landing)
    newest = [landing.load_ids(*stream)[-1:] for stream in landing.streams()]
    if not any(newest):
        return None
    now = f"{newest} {dbt_manifest.fingerprint(settings)}"
    return hashlib.sha256(now.encode()).hexdigest()[:32]
