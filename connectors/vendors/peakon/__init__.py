"""Peakon (Workday Peakon Employee Voice): pulses, and the teams that answered them.

    POST /auth/application    exchanges the application's key for a token of short life
    GET  /answers/export      -> pulse_answers, pulse_questions
    GET  /segments            -> teams

The respondent is hashed before anything is written; names, addresses and external ids of employees
are decoded by nothing here, and no raw page is kept. Employees are not read at all.
An answer names its segment, not the segment's id, so `team_ref` is the name. Segments that share a
name are teams by name and id, `Care (80)`; which of them an answer with that name is from nobody
tells, so those stand under the name alone, without head count and touchpoint. A segment that is
gone from the list, or has another name now, is a team no more.

Secrets: `token` of the application; `respondent_key`, see docs/add-a-source.md.
Evidence: vendor description (Peakon's OpenAPI); how the export pages on is documentation only.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.cursors import Opaque, Snapshot
from connectors.http import Rate, Secret, Vendor
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.peakon import answers, segments
from connectors.vendors.peakon.session import Session


def _auth(secrets: Mapping[str, Secret]) -> Session:
    return Session(secrets["token"])


def _endpoints(_options: Options) -> dict[str, Endpoint]:
    return {
        "answers": Endpoint(answers.ANSWERS, Opaque(answers.answers, rereads_last=True)),
        "segments": Endpoint(
            segments.TEAMS, Snapshot(segments.segments, key=segments.team, gone=segments.gone)
        ),
    }


CONNECTOR = Connector(
    vendor=Vendor("Peakon", rates={"default": Rate(60, 60)}, ping="segments"),
    secrets=("token", "respondent_key"),
    auth=_auth,
    endpoints=_endpoints,
    base="api/v1",
)
