from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from company import NOON, Client, write

from connectors.sandbox.vendors import Fault, Limits, Settings, Vendors, running
from connectors.sandbox.vendors import credentials as known

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
CONTACTS = "/crm/v3/objects/contacts"


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["results"]]


def milliseconds(moment: datetime) -> str:
    return str(int(moment.replace(tzinfo=UTC).timestamp() * 1000))


def since(moment: datetime | str, **more: object) -> dict[str, Any]:
    """A search for what changed at or after a moment."""
    value = moment if isinstance(moment, str) else milliseconds(moment)
    one = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": value}
    sort = {"propertyName": "lastmodifieddate", "direction": "ASCENDING"}
    return {"filterGroups": [{"filters": [one]}], "sorts": [sort], **more}


def test_a_list_leaves_out_who_is_merged_archived_or_gone(client: Client) -> None:
    first = client.hubspot(CONTACTS, limit=1).json()
    second = client.hubspot(first["paging"]["next"]["link"]).json()
    assert (ids(first), ids(second)) == (["1"], ["5"])
    assert first["paging"]["next"]["after"] == "5"
    assert "paging" not in second
    archived = client.hubspot(CONTACTS, archived="true").json()
    assert ids(archived) == ["3"]
    assert archived["results"][0]["archivedAt"] == "2026-03-01T09:00:00.000Z"


def test_only_few_properties_come_unasked_and_all_are_texts(client: Client) -> None:
    by_default = client.hubspot(CONTACTS).json()["results"][0]["properties"]
    assert set(by_default) == {
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    }
    asked = client.hubspot(CONTACTS, properties="hs_additional_emails,country,nonsense").json()
    assert asked["results"][0]["properties"] == {
        "hs_additional_emails": "a2@example.com",
        "country": None,
        "createdate": "2026-03-01T07:00:00.000Z",
        "hs_object_id": "1",
        "lastmodifieddate": "2026-03-01T09:00:00.000Z",
    }
    deal = client.hubspot("/crm/v3/objects/deals").json()["results"][0]["properties"]
    assert (deal["amount"], deal["hs_object_id"]) == ("1200.50", "70")


def test_a_merge_is_a_change_of_the_contact_that_remains(home: Path) -> None:
    with running(home, now=NOON - timedelta(hours=4)) as vendors:
        client = Client(vendors)
        assert ids(client.hubspot(CONTACTS).json())[:2] == ["1", "2"]
        vendors.at(NOON)
        since_ten = since(NOON - timedelta(hours=3), properties=["hs_merged_object_ids"])
        found = client.hubspot(f"{CONTACTS}/search", since_ten).json()
        merged = client.hubspot(f"{CONTACTS}/2").json()
    assert ids(found) == ["1", "5"]
    assert found["results"][0]["properties"]["hs_merged_object_ids"] == "2"
    assert merged["id"] == "1"


def test_search_filters_sorts_and_pages(client: Client) -> None:
    path = f"{CONTACTS}/search"
    everything = client.hubspot(path, since("0", limit=1)).json()
    assert (everything["total"], ids(everything)) == (2, ["1"])
    after = everything["paging"]["next"]["after"]
    assert ids(client.hubspot(path, since("0", limit=1, after=after)).json()) == ["5"]
    assert ids(client.hubspot(path, since("2026-03-01T10:00:00Z")).json()) == ["5"]
    assert ids(client.hubspot(path, since("2026-03-01T10:00:00.001Z")).json()) == []
    last_first = {"sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]}
    assert ids(client.hubspot(path, last_first).json()) == ["5", "1"]


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("EQ", "eve@example.com", ["5"]),
        ("NEQ", "eve@example.com", ["1"]),
        ("CONTAINS_TOKEN", "*example.com", ["1", "5"]),
        ("HAS_PROPERTY", None, ["1", "5"]),
        ("NOT_HAS_PROPERTY", None, []),
    ],
)
def test_search_knows_operators(
    client: Client, operator: str, value: str | None, found: list[str]
) -> None:
    one = {"propertyName": "email", "operator": operator, "value": value}
    got = client.hubspot(f"{CONTACTS}/search", {"filterGroups": [{"filters": [one]}]})
    assert ids(got.json()) == found


def test_groups_are_alternatives_and_filters_conditions(client: Client) -> None:
    def one(operator: str, **value: object) -> dict[str, object]:
        return {"propertyName": "hs_object_id", "operator": operator, **value}

    both = {"filterGroups": [{"filters": [one("GT", value="1"), one("LT", value="5")]}]}
    either = {
        "filterGroups": [
            {"filters": [one("IN", values=["1"])]},
            {"filters": [one("BETWEEN", value="4", highValue="6")]},
        ]
    }
    assert ids(client.hubspot(f"{CONTACTS}/search", both).json()) == []
    assert ids(client.hubspot(f"{CONTACTS}/search", either).json()) == ["1", "5"]


@pytest.mark.parametrize(
    "sent",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"limit": "many"},
        {"sorts": [{"propertyName": "nonsense"}]},
        {"filterGroups": [{"filters": [{"propertyName": "x", "operator": "EQ", "value": "1"}]}]},
        {
            "filterGroups": [
                {"filters": [{"propertyName": "email", "operator": "LIKE", "value": 1}]}
            ]
        },
        since("yesterday"),
        {"filterGroups": [{}] * 6},
    ],
)
def test_a_search_beyond_its_limits_is_refused(client: Client, sent: dict[str, Any]) -> None:
    refused = client.hubspot(f"{CONTACTS}/search", sent)
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")


def test_ten_thousand_results_are_all_that_a_query_gives(client: Client) -> None:
    path = f"{CONTACTS}/search"
    assert client.hubspot(path, {"limit": 200, "after": "9800"}).status_code == 200
    assert client.hubspot(path, {"limit": 200, "after": "9801"}).status_code == 400


def test_a_batch_tells_which_are_missing(client: Client) -> None:
    sent = {"inputs": [{"id": "1"}, {"id": "2"}, {"id": "77"}], "properties": ["email"]}
    some = client.hubspot(f"{CONTACTS}/batch/read", sent)
    assert (some.status_code, ids(some.json())) == (207, ["1"])
    assert some.json()["errors"][0]["context"] == {"ids": ["2", "77"]}
    whole = client.hubspot(f"{CONTACTS}/batch/read", {"inputs": [{"id": "1"}]})
    assert (whole.status_code, whole.json()["status"]) == (200, "COMPLETE")
    too_many = {"inputs": [{"id": str(n)} for n in range(101)]}
    assert client.hubspot(f"{CONTACTS}/batch/read", too_many).status_code == 400


def test_associations_come_with_lists_and_by_themselves(client: Client) -> None:
    listed = client.hubspot("/crm/v3/objects/deals", associations="contacts,companies").json()
    assert listed["results"][0]["associations"] == {
        "contacts": {"results": [{"id": "1", "type": "deal_to_contact"}]},
        "companies": {"results": [{"id": "9", "type": "deal_to_company"}]},
    }
    alone = client.hubspot("/crm/v4/objects/deals/70/associations/companies").json()
    assert alone["results"][0]["toObjectId"] == 9
    sent = {"inputs": [{"id": "70"}, {"id": "71"}]}
    many = client.hubspot("/crm/v4/associations/deals/contacts/batch/read", sent)
    assert (many.status_code, many.json()["results"][0]["from"]) == (207, {"id": "70"})
    assert many.json()["results"][0]["to"][0]["toObjectId"] == 1


def test_properties_are_described(client: Client) -> None:
    names = [p["name"] for p in client.hubspot("/crm/v3/properties/contacts").json()["results"]]
    assert "customer_number" in names


def test_budgets_stand_in_the_headers_but_not_of_searches(client: Client) -> None:
    listed = client.hubspot(CONTACTS).headers
    searched = client.hubspot(f"{CONTACTS}/search", {}).headers
    assert int(listed["x-hubspot-ratelimit-remaining"]) > 0
    assert int(listed["x-hubspot-ratelimit-daily-remaining"]) > 0
    assert not [name for name in searched if name.startswith("x-hubspot")]


@pytest.mark.parametrize(
    ("limit", "policy"),
    [
        ("hubspot", "TEN_SECONDLY_ROLLING"),
        ("hubspot_daily", "DAILY"),
    ],
)
def test_a_spent_budget_names_its_policy(home: Path, limit: str, policy: str) -> None:
    with running(home, settings=Settings(limits=Limits.roomy().but(**{limit: 1}))) as vendors:
        client = Client(vendors)
        got = [client.hubspot(CONTACTS) for _ in range(2)]
        assert [one.status_code for one in got] == [200, 429]
        assert got[1].json()["policyName"] == policy


def test_five_searches_a_second_are_allowed(home: Path) -> None:
    limits = Limits.roomy().but(hubspot_search=5)
    with running(home, settings=Settings(limits=limits)) as vendors:
        got = [Client(vendors).hubspot(f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [one.status_code for one in got] == [200] * 5 + [429]
    assert got[5].json()["policyName"] == "SECONDLY"


def test_credentials_scopes_and_addresses_are_checked(vendors: Vendors, client: Client) -> None:
    url = f"/hubspot{CONTACTS}"
    wrong = client.http.get(url, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert client.http.get(url).status_code == 401
    narrow = {"Authorization": f"Bearer {known.HUBSPOT_NARROW_KEY}"}
    assert client.http.get(url, headers=narrow).status_code == 200
    refused = client.http.get("/hubspot/crm/v3/objects/deals", headers=narrow)
    assert (refused.status_code, refused.json()["category"]) == (403, "MISSING_SCOPES")
    for path in ("/crm/v3/objects/unicorns", f"{CONTACTS}/77"):
        assert client.hubspot(path).status_code == 404
    assert client.hubspot(CONTACTS, limit=101).status_code == 400
    assert client.http.delete(f"{url}/1", headers=narrow).status_code == 405
    vendors.fault(Fault.EXPIRED_TOKEN, "/hubspot/*")
    assert client.hubspot(CONTACTS).json()["category"] == "EXPIRED_AUTHENTICATION"


def test_a_chain_of_merges_ends_at_the_last(home: Path) -> None:
    at = [NOON - timedelta(hours=n) for n in range(5)]
    write(
        home,
        "hubspot_contacts",
        {"id": 1, "at": at[3], "created_at": at[4], "merged_into_id": 2},
        {"id": 2, "at": at[2], "created_at": at[4], "merged_into_id": 3},
        {"id": 3, "at": at[4], "created_at": at[4]},
    )
    with running(home, now=NOON) as vendors:
        got = Client(vendors).hubspot(CONTACTS, properties="hs_merged_object_ids").json()
    assert ids(got) == ["3"]
    assert got["results"][0]["properties"]["hs_merged_object_ids"] == "1;2"
    assert got["results"][0]["updatedAt"] == "2026-03-01T10:00:00.000Z"
