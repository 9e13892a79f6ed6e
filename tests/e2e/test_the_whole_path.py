"""One walk through everything, as separate processes on servers they start themselves: sell, return, read,
forget, restart.
"""

import pytest

from projections.registry import BY_NAME
from tests.e2e.house import House


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_whole_path_over_processes_that_are_killed_in_between(house: House) -> None:
    house.serve("api", "relay", "projector", "reactions")
    house.until_up()
    plan = {"currency": "USD", "base_rate_minor": 800, "rate_bp": 675}
    anna = house.post("hire-associate", "anna", name="Anna Lindqvist", store_id="downtown", plan=plan)["ids"][
        "associate_id"
    ]
    clara = house.post("register-customer", "clara", name="Clara Fontaine")["ids"]["customer_id"]
    line = {"sku": "S1", "quantity": 3, "unit_price_minor": 1_000, "attribution": [{"associate_id": anna}]}
    sale = {"customer_id": clara, "store_id": "downtown", "currency": "USD", "lines": [line]}
    sold = house.post("record-sale", "sale", **sale)
    assert sold["events"] == [
        "sale.recorded.v1",
        "customer.owner_assigned.v1",
        "commission_account.earned.v1",
    ]

    book = house.get(f"/v1/associates/{anna}/book", sold["position"])
    assert [(c["name"], c["net_spend_minor"]) for c in book["customers"]] == [("Clara Fontaine", 3_000)]

    # Everything that carries and folds is killed; writing goes on, and nothing is lost or doubled.
    house.kill("relay", "projector", "reactions")
    house.post(
        "accept-return",
        "return",
        sale_id=sold["ids"]["sale_id"],
        store_id="downtown",
        lines=[{"line_no": 1, "quantity": 1}],
    )
    house.kill("api")
    house.serve("api", "relay", "projector", "reactions")
    house.until_up()
    assert house.post("record-sale", "sale", **sale) == {**sold, "replayed": True}
    last = house.post("add-note", "note", customer_id=clara, text="likes blue")["position"]
    ledger = house.get(f"/v1/associates/{anna}/ledger", last)
    assert ledger["account"]["balances"] == {"USD": 203 - 68}
    assert sum(entry["amount_minor"] for entry in ledger["entries"]) == 0
    book = house.get(f"/v1/associates/{anna}/book", last)
    assert [c["net_spend_minor"] for c in book["customers"]] == [2_000]

    status = house.until_healthy()
    # One that had nothing to fold since its start is still starting.
    assert {one["doing"] for one in status["projections"]} <= {"starting", "following"}
    assert [one["lag_events"] for one in status["projections"]] == [0] * len(BY_NAME)
    assert {one["doing"] for one in status["reactions"]} <= {"starting", "following"}
    code, verified = house.run("projections", "verify")
    assert (code, {one["holds"] for one in verified}) == (0, {True})
    forgotten = house.run("customers", "forget", clara)
    assert forgotten[0] == 0
    book = house.get(f"/v1/associates/{anna}/book", forgotten[1]["position"])
    assert [(c["name"], c["net_spend_minor"]) for c in book["customers"]] == [(None, 2_000)]
