from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from synthetic import Company

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse import Warehouse

pytestmark = pytest.mark.slow

# An id is kept from run to run, a rebuild has only the present to go by: customers are compared by
# the smallest reference that they hold now, so that each must consist of the same references.
REFERENCE = (
    "(select min(node_id) from intermediate.int_customer_ids as i"
    " where i.until is null and i.customer_id = mart.customer_id)"
)
CUSTOMER = f"* replace ({REFERENCE} as customer_id)"
# the last build runs the tests too
MODELS = ("--resource-type", "seed", "--resource-type", "model")
MARTS = {
    "journey_events": f"* exclude (row_hash) replace ({REFERENCE} as customer_id)",
    "scores": f"* exclude (row_hash) replace ({REFERENCE} as customer_id)",
    "comments": f"* exclude (row_hash) replace ({REFERENCE} as customer_id)",
    "journeys": f"* exclude (journey_id) replace ({REFERENCE} as customer_id)",
    "journey_steps": f"* exclude (journey_id, row_hash) replace ({REFERENCE} as customer_id)",
    "customers": CUSTOMER,
    "cases": CUSTOMER,
    "accounts": "*",
    "metrics": "*",
    "team_pulse": "*",
    "questions_to_map": "*",
    "touchpoints_to_map": "*",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_three_increments_end_where_one_full_build_ends(
    warehouse: Callable[[str], Warehouse], seed: int
) -> None:
    portions = Company(seed).portions(3)
    stepwise, whole = warehouse("stepwise"), warehouse("whole")
    for portion in portions:
        stepwise.load(portion)
        stepwise.dbt("build", *MODELS, seeds=SEEDS)
        whole.load(portion)
    whole.dbt("build", seeds=SEEDS)

    for mart, columns in MARTS.items():
        query = f"select {columns} from release.main.{mart} as mart order by all"
        assert _rounded(stepwise.rows(query)) == _rounded(whole.rows(query)), mart
    assert whole.rows("select count(*) from release.main.scores") > [(0,)]


def _rounded(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The order in which floats were added shows in their last digit."""
    return [tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows]
