"""App Store Connect: what customers write about an app, and what the company answers.

    GET /v1/apps/{id}/customerReviews?sort=-createdDate&include=response  -> reviews
    GET /v1/customerReviews/{id}, where one is missing from its place     -> reviews, as deleted

Reviews are dated by creation only, so each run reads the last 30 days again: edits and answers in
them land, and what is gone from them is a deletion. All older ones are read again once a month, or
as `sweep` says: a request for 200 reviews and one for each that is gone, so 500 for 100,000 of the
3,500 an hour. Until then an edit, an answer or a deletion of an older review is not noticed, and
with `keep_raw: false` edits and answers never are.

Secrets: `issuer_id`, `key_id` and `private_key` (the text of the .p8 file) of an API key with the
role Customer Support. `only` names the apps; all that the key may see if it is empty.
Evidence: vendor description (Apple's OpenAPI 3.7.0); App Store Connect has no test tenant.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.cursors import EachPart, Swept
from connectors.http import Rate, Secret, Vendor
from connectors.vendors.app_store import readers
from connectors.vendors.app_store.records import REVIEWS
from connectors.vendors.app_store.signing import Signed
from connectors.vendors.connector import Connector, Endpoint, Options


def _auth(secrets: Mapping[str, Secret]) -> Signed:
    return Signed(secrets["issuer_id"], secrets["key_id"], secrets["private_key"])


def _endpoints(options: Options) -> dict[str, Endpoint]:
    newest = EachPart(readers.apps, readers.of_app)
    return {"customer_reviews": Endpoint(REVIEWS, Swept(newest, readers.sweep(options)))}


CONNECTOR = Connector(
    vendor=Vendor("App Store Connect", rates={"default": Rate(3500, 3600)}, ping="v1/apps"),
    secrets=("issuer_id", "key_id", "private_key"),
    auth=_auth,
    endpoints=_endpoints,
)
