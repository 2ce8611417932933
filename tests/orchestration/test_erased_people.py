"""Who is meant by a name, and which names are theirs alone."""

from __future__ import annotations

from typing import Any

import pytest
from house import WHEN, House, review

from connectors.erasure import Tombstones, says_whose
from connectors.errors import FixConfiguration
from connectors.families import TABLES
from orchestration.erasure import people
from orchestration.erasure.people import People
from orchestration.warehouse import connect

ANN, BEN, DESK = "ann.otter@example.org", "ben@example.org", "info@example.org"
HOME = "+4930901820"
KEY = b"a key of sixteen bytes"


@pytest.fixture
def modelled(house: House) -> House:
    """Ann is customer 1000011, Ben 1000012; they share a phone, and Ann writes from a desk too."""
    house.land(
        [
            review(1, email=ANN, phone=HOME, person_ref=" U1 "),
            review(2, email=BEN, phone=HOME, person_ref="U2"),
            review(3, email=DESK, person_ref="U1", external_id="E1"),
            review(4, email=DESK),
            review(5),
        ]
    )
    house.land(
        [{"pulse_id": "p", "question_id": "q", "respondent_hash": "h7", "answered_at": WHEN}],
        "pulse_answers",
        source="staff",
    )
    house.load()
    with connect(house.settings.warehouse) as db:
        db.execute("create schema staging; create schema intermediate")
        for table in (t for t in TABLES.values() if says_whose(t)):
            key = ", ".join(table.key)
            db.execute(
                f"create view staging.stg_{table.name} as "
                f"select *, concat_ws('/', '{table.name}', {key}) as record_id "
                f"from raw.{table.name}"
            )
        db.execute(
            """
            create table intermediate.int_record_customers as select * from (values
                ('reviews/1', 1000011), ('reviews/2', 1000012), ('reviews/3', 1000011)
            ) as t (record_id, customer_id);
            create table intermediate.int_references as select * from (values
                (1, 'email', null, 'info@example.org'), (2, 'email', null, 'ann.otter@example.org')
            ) as t (node_id, kind, source, value);
            create table intermediate.int_set_aside as select 1 as node_id;
            """
        )
    return house


def find(house: House, *who: str) -> People:
    with connect(house.settings.warehouse, read_only=True) as db:
        stones = Tombstones(house.settings.landing, KEY)
        return people.find(
            db, who, stones, lambda source, ref: f"h{ref}" if source == "staff" else None
        )


def known(found: People) -> set[str]:
    names: Any = found.sought.known
    return {name.replace("\x1f", " ") for name in names._names}


@pytest.mark.parametrize("who", ["1000011", ANN, f" {ANN.upper()}", "app:U1"])
def test_one_name_leads_to_every_other_that_is_theirs_alone(modelled: House, who: str) -> None:
    found = find(modelled, who)

    assert (found.number, found.customers) == (1, [1000011])
    assert known(found) == {
        "record reviews app 1",
        "record reviews app 3",
        "person app U1",
        "external app E1",
        f"email {ANN}",
    }
    # neither the phone of two nor the desk of many is masked in what others wrote
    assert found.sought.addresses.written == {ANN}
    # the others are known once packages are gone through
    assert found.sought.ids == {"app": {"1", "3"}}


def test_two_who_share_a_phone_give_it_up_together(modelled: House) -> None:
    found = find(modelled, "1000011", BEN)

    assert (found.number, found.customers) == (2, [1000011, 1000012])
    assert f"phone {HOME}" in known(found)
    assert f"email {DESK}" not in known(found)
    assert found.sought.addresses.written == {ANN, BEN, HOME}


def test_an_employee_is_meant_by_the_id_of_their_source(modelled: House) -> None:
    found = find(modelled, "staff:7", "staff: 7")

    assert (found.number, found.customers, known(found)) == (1, [], {"person staff h7"})


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (HOME, "ERASE-SEVERAL"),
        ("+49 30 901820", "ERASE-SEVERAL"),
        ("app:U9", "ERASE-NOBODY"),
        ("staff:8", "ERASE-NOBODY"),
        ("1000099", "ERASE-NOBODY"),
        ("shop:U1", "ERASE-WHO"),
        ("Ann Otter", "ERASE-WHO"),
        ("", "ERASE-WHO"),
    ],
)
def test_who_is_not_one_customer_is_refused_without_a_word_of_theirs(
    modelled: House, who: str, code: str
) -> None:
    with pytest.raises(FixConfiguration) as refused:
        find(modelled, who)

    assert refused.value.code == code
    assert not who or who not in str(refused.value)
