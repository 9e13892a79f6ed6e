"""Reported, then verified or rejected; verified, then perhaps revoked; and only what is verified is told
again.
"""

from typing import Any

import pytest

from domain.messages import Event, NotFound
from tests.domain.builders import people_commands as ask
from tests.domain.builders import people_events as events
from tests.domain.builders.money_commands import ANNA, BEN, CARL
from tests.domain.builders.money_events import associate_hired
from tests.domain.given import given

EVA = "ass_" + "e" * 32

STAFF = [associate_hired(associate_id=associate) for associate in (ANNA, BEN, CARL)]
REPORTED = given(
    *STAFF, events.customer_registered(), events.heroic_act_reported(), events.heroic_day_opened()
)
LIVES = {
    "reported": REPORTED,
    "verified": REPORTED.with_events(events.heroic_act_verified()),
    "rejected": REPORTED.with_events(events.heroic_act_rejected()),
    "revoked": REPORTED.with_events(events.heroic_act_verified(), events.heroic_act_revoked()),
}
STEPS: dict[Any, tuple[str, Event]] = {
    ask.verify_heroic_act: ("reported", events.heroic_act_verified()),
    ask.reject_heroic_act: ("reported", events.heroic_act_rejected()),
    ask.revoke_heroic_act: ("verified", events.heroic_act_revoked()),
    ask.retell_heroic_act: ("verified", events.heroic_act_retold()),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_where_it_may_be(step: Any) -> None:
    status, event = STEPS[step]
    assert LIVES[status].when(step()) == [event]


@pytest.mark.parametrize(
    ("step", "status"), [(step, status) for step in STEPS for status in LIVES if STEPS[step][0] != status]
)
def test_any_other_step_is_refused_and_says_what_the_act_is(step: Any, status: str) -> None:
    refusal = LIVES[status].refuses(step())
    assert (refusal.code, refusal.field) == (f"act_is_{status}", "act_id")
    assert status in refusal.message


@pytest.mark.parametrize("step", STEPS)
def test_nothing_comes_of_an_act_nobody_reported(step: Any) -> None:
    refusal = given(*STAFF).refuses(step())
    assert isinstance(refusal, NotFound)
    assert (refusal.code, refusal.field) == ("heroic_act_unknown", "act_id")


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (ask.verify_heroic_act, "verified_by"),
        (ask.reject_heroic_act, "rejected_by"),
        (ask.revoke_heroic_act, "revoked_by"),
        (ask.retell_heroic_act, "told_by"),
    ],
)
def test_whoever_takes_a_step_was_hired_once(step: Any, field: str) -> None:
    refusal = LIVES[STEPS[step][0]].refuses(step(**{field: EVA}))
    assert isinstance(refusal, NotFound)
    assert (refusal.code, refusal.field) == ("associate_unknown", field)


def test_no_hero_verifies_their_own_act() -> None:
    refusal = REPORTED.refuses(ask.verify_heroic_act(verified_by=BEN))
    assert (refusal.code, refusal.field) == ("own_act", "verified_by")


def test_whoever_reported_an_act_does_not_verify_it() -> None:
    refusal = REPORTED.refuses(ask.verify_heroic_act(verified_by=CARL))
    assert (refusal.code, refusal.field) == ("own_report", "verified_by")
    unsigned = given(*STAFF, events.customer_registered()).after(ask.report_heroic_act(reported_by=None))
    assert unsigned.refuses(ask.verify_heroic_act(verified_by=None)).code == "verifier_missing"
    assert unsigned.when(ask.verify_heroic_act(verified_by=CARL)) != []


def test_a_hero_may_say_that_it_was_nothing() -> None:
    assert REPORTED.when(ask.reject_heroic_act(rejected_by=BEN)) == [
        events.heroic_act_rejected(rejected_by=BEN)
    ]


def test_a_story_is_told_as_often_as_anyone_likes() -> None:
    told = LIVES["verified"].after(ask.retell_heroic_act(), ask.retell_heroic_act())
    assert len(told.all(type(events.heroic_act_retold()))) == 2


def test_a_further_report_is_not_verified_but_the_first_one() -> None:
    twice = REPORTED.after(ask.report_heroic_act(act_id=ask.OTHER_ACT))
    refusal = twice.refuses(ask.verify_heroic_act(act_id=ask.OTHER_ACT))
    assert (refusal.code, refusal.field) == ("duplicate_report", "act_id")
    assert ask.ACT in refusal.message
    assert "verify that one" in refusal.message
    assert twice.when(ask.reject_heroic_act(act_id=ask.OTHER_ACT)) != []


def test_when_the_first_report_does_not_stand_the_act_is_reported_anew() -> None:
    twice = REPORTED.after(ask.report_heroic_act(act_id=ask.OTHER_ACT), ask.reject_heroic_act())
    refusal = twice.refuses(ask.verify_heroic_act(act_id=ask.OTHER_ACT))
    assert "report the act anew" in refusal.message
    anew = "act_" + "3" * 32
    assert twice.after(ask.report_heroic_act(act_id=anew)).when(ask.verify_heroic_act(act_id=anew)) != []


def test_what_is_found_out_after_the_customer_was_forgotten_still_counts() -> None:
    forgotten = REPORTED.after(ask.forget_customer())
    assert forgotten.when(ask.verify_heroic_act()) == [events.heroic_act_verified()]
