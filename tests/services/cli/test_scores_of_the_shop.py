"""`clienteling score show` and `calibrate` on a shop's own log."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.customer.commands import MergeCustomers, RegisterCustomer
from domain.ids import CUSTOMER, SALE, derived_id
from domain.messages import Command
from domain.sale.commands import LineToSell, RecordSale
from domain.score_parameters.commands import AdoptScoreParameters, ScoreParameters
from infra.settings import Settings
from tests.services.cli.calling import Call, said, small_shop

OPENED = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
GENEROUS = ScoreParameters(net_spend_doubling_points=60, typical_visit_minor={"*": 10})
#: Found by trying hundreds on the regulars below: these foretell their last quarter better than anything
#: learned from the others.
LUCKY = ScoreParameters(
    rhythm_hours=1_000,
    usual_visits_e3=3_000,
    leaving_e3=3,
    fading_e2=2_000,
    newness_e2=50,
    breadth_points_max=0,
    tenure_doubling_points=0,
)


def begun(call: Call) -> None:
    """Tables up to the end of the log."""
    assert call("projections", "rebuild", "loyalty_score").code == 0


def regulars(customers: int) -> Iterator[Command]:
    """Customers of whom some come every few weeks and others hardly ever; the same on every run."""
    chance = random.Random(7)
    for number in range(customers):
        customer_id = derived_id(CUSTOMER, "regular", str(number))
        pace = chance.choice((9, 20, 60, 200))
        day = chance.uniform(0, 200)
        yield RegisterCustomer(customer_id=customer_id, name=f"Customer {number}", occurred_at=OPENED)
        while day < 400:
            yield RecordSale(
                sale_id=derived_id(SALE, str(number), str(day)),
                customer_id=customer_id,
                store_id="downtown",
                currency="USD",
                occurred_at=OPENED + timedelta(days=day),
                lines=(LineToSell(sku="S1", quantity=1, unit_price_minor=chance.randint(1_000, 9_000)),),
            )
            day += chance.expovariate(1 / pace)


def test_a_score_is_shown_with_its_reasons_and_its_course(settings: Settings, call: Call) -> None:
    _, clara = small_shop(settings)
    begun(call)
    found = call("score", "show", clara, "--json").document
    assert found["customer_id"] == clara
    assert found["score"] == sum(one["points"] for one in found["components"]) > 0
    assert {event["kind"] for event in found["components"][0]["events"]} == {"sale"}
    assert [point["score"] for point in found["history"]] == [0] * 13 + [found["score"]]
    shown = call("score", "show", clara)
    assert shown.code == 0
    assert f"{found['score']} of 1,000" in shown.out
    assert "█" in shown.out
    assert "3 sales" in shown.out or "1 visit" in shown.out


def test_a_score_is_shown_as_of_any_date_with_the_parameters_of_that_date(
    settings: Settings, call: Call
) -> None:
    _, clara = small_shop(settings)
    begun(call)
    before = call("score", "show", clara, "--json").document
    said(settings, [AdoptScoreParameters(parameters=GENEROUS)])
    now = call("score", "show", clara, "--json").document
    assert (before["parameters_version"], now["parameters_version"]) == (1, 2)
    assert now["score"] > before["score"]
    then = call("score", "show", clara, "--as-of", "2020-01-01", "--json").document
    assert (then["score"], then["parameters_version"]) == (0, 1)
    position = before["components"][0]["events"][-1]["position"]
    as_shown = ("--as-of-position", position, "--as-of", before["as_of"], "--json")
    assert call("score", "show", clara, *as_shown).document == before
    by_the_last_fact = call("score", "show", clara, "--as-of-position", position, "--json").document
    assert by_the_last_fact["as_of"] <= before["as_of"]
    foretold = call("score", "show", clara, *as_shown[:2], "--as-of", "2100-01-01", "--json").document
    assert foretold["parameters_version"] == 1
    far = call("score", "show", clara, "--as-of", "2100-01-01T00:00:00Z", "--json").document
    assert far["score"] < now["score"]


def test_of_merged_records_any_names_her(settings: Settings, call: Call) -> None:
    _, clara = small_shop(settings)
    _, other = small_shop(settings)
    said(settings, [MergeCustomers(customer_id=clara, merged_customer_id=other)])
    begun(call)
    assert call("score", "show", other, "--json").document["customer_id"] == clara


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "cus_" + "0" * 32), 1, "nobody is known as cus_0"),
        (("show", "cus_" + "0" * 32, "--as-of", "soon"), 2, "'soon' is neither a date"),
        (("show", "cus_" + "0" * 32, "--as-of", "2026-01-01T10:00"), 2, "needs an offset"),
        (("show",), 2, ""),
        (("calibrate", "--as-of", "2026-13-01"), 2, "is neither a date"),
        (("calibrate", "--json"), 1, "0 customers, 0 of whom came again, are too few"),
    ],
)
def test_what_cannot_be_shown_or_found_is_told_why(
    arguments: tuple[str, ...], code: int, says: str, settings: Settings, call: Call
) -> None:
    begun(call)
    called = call("score", *arguments)
    assert (called.code, called.out) == (code, "")
    assert says in called.said


def test_calibrating_adopts_what_does_not_rank_worse_and_only_then(settings: Settings, call: Call) -> None:
    said(settings, regulars(90))
    begun(call)
    tried = call("score", "calibrate", "--dry-run", "--json")
    assert (tried.code, tried.document["adopted"]) == (0, None)
    found = tried.document["calibration"]
    assert found["before"]["auc"] > 0.5
    assert (found["in_force"]["version"], found["found"]["version"]) == (1, 2)
    assert "USD" in found["found"]["typical_visit_minor"]

    adopted = call("score", "calibrate", "--json")
    assert (adopted.code, adopted.document["adopted"]["version"]) == (0, 2)
    assert adopted.document["calibration"] == found
    customer_id = derived_id(CUSTOMER, "regular", "0")
    assert call("score", "show", customer_id, "--json").document["parameters_version"] == 2
    (fact,) = call("events", "show", "--last", "--limit", "1", "--json").document
    assert (fact["topic"], fact["position"]) == (
        "score_parameters.adopted.v1",
        adopted.document["adopted"]["position"],
    )

    again = call("score", "calibrate")
    assert again.code == 0
    assert "there is nothing to adopt" in again.out


def test_what_ranks_worse_than_what_is_in_force_is_not_adopted(settings: Settings, call: Call) -> None:
    said(settings, [*regulars(90), AdoptScoreParameters(parameters=LUCKY)])
    begun(call)
    refused = call("score", "calibrate")
    assert refused.code == 1
    assert "It ranks worse than what is in force" in refused.out
    told = call("score", "calibrate", "--json")
    assert (told.code, told.document["is_not_worse"], told.document["adopted"]) == (1, False, None)
    assert told.document["calibration"]["in_force"]["version"] == 2
