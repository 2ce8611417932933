"""Qualtrics: surveys, whom they were sent to, and what was answered.

    GET  /surveys, /surveys/{id}                            -> survey_questions
    GET  /distributions?surveyId=, /distributions/{id}/history  -> survey_invitations
    GET  /directories, /directories/{id}/contacts           -> people
    POST /surveys/{id}/export-responses, then progress, file    -> survey_responses, survey_answers
    GET  /surveys/{id}/responses/{id}, where one is missing     -> the same, as deleted

Exports are filtered by the date of recording. An edit keeps that date, so each run reads the last
30 days again: edits in them land, and a response that is missing from them was deleted. All older
ones are exported again once a month, or as `sweep` says: some four requests for a survey and one
for each response that is gone, but as many bytes as there are responses. Until then an edit or a
deletion of an older one is not noticed, and with `keep_raw: false` edits never are. A survey that
was deleted keeps its responses. Invitations are read again for 30 days, because their states move.

`only` names the surveys; all that the token may see if it is empty. `custom` names embedded data
that fills columns of `survey_responses`: `{touchpoint: touchpoint, segment: segment}`. Questions
are known by their id (`QID16`), which survives every rewording.

Secret: `token` (X-API-TOKEN). `url` is the data centre's: https://iad1.qualtrics.com.
Evidence: surveys recorded live (qualtRics, 2025); all else documentation only (api.qualtrics.com).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from connectors.cursors import EachPart, Snapshot, Swept, Windowed
from connectors.http import Header, Rate, Secret, Vendor
from connectors.vendors.connector import Connector, Endpoint, Options
from connectors.vendors.qualtrics import changes, contacts, exports, invitations, questions, surveys
from connectors.vendors.qualtrics.responses import responses

_MONTH = timedelta(days=30)
_ALL = timedelta(days=3650)


def _responses(survey: str) -> Windowed:
    return Windowed(
        partial(exports.page, survey),
        step=_ALL,
        look_back=_MONTH,
        posted=changes.posted,
        gone=partial(changes.gone, survey),
        lost=changes.lost,
    )


def _invitations(survey: str) -> Windowed:
    return Windowed(
        partial(invitations.page, survey),
        step=_ALL,
        look_back=_MONTH,
        posted=invitations.posted,
    )


def _contacts(directory: str) -> Snapshot:
    return Snapshot(
        partial(contacts.page, directory),
        key=contacts.key,
        gone=contacts.gone,
        overlaps=True,
    )


def _auth(secrets: Mapping[str, Secret]) -> Header:
    return Header("X-API-TOKEN", secrets["token"])


def _endpoints(options: Options) -> dict[str, Endpoint]:
    return {
        "questions": Endpoint(questions.QUESTIONS, Snapshot(surveys.definitions, key=surveys.key)),
        "invitations": Endpoint(invitations.INVITATIONS, EachPart(surveys.ids, _invitations)),
        "contacts": Endpoint(
            contacts.CONTACTS, EachPart(contacts.directories, _contacts, own=True)
        ),
        "responses": Endpoint(
            responses(options),
            Swept(EachPart(surveys.ids, _responses), changes.sweep(options)),
        ),
    }


CONNECTOR = Connector(
    vendor=Vendor(
        "Qualtrics",
        rates={"default": Rate(3000, 60), "export": Rate(100, 60)},
        ping="whoami",
    ),
    secrets=("token",),
    auth=_auth,
    endpoints=_endpoints,
    base="API/v3",
)
