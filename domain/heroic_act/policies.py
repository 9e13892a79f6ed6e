"""Policies of reporting, verifying and telling heroic acts; each name is the rule."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from domain.currencies import currency_must_exist
from domain.customer.policies import active_customer, remembered_customer
from domain.heroic_act.commands import ReportHeroicAct, VerifyHeroicAct
from domain.heroic_act.state import HeroicActState, HeroicStatus
from domain.messages import NotFound, Refused
from domain.policies import associate_must_be_known, named_associate_must_be_known
from domain.state_reader import StateReader

#: A policy about a report; a policy about a further step of an act that has been reported.
ReportingPolicy = Callable[[ReportHeroicAct, StateReader], None]
StepPolicy = Callable[[HeroicActState, Any, StateReader], None]

#: The shop's day may have begun before it begins in UTC.
DAY_TOLERANCE: Final = timedelta(days=1)


# --- reporting ----------------------------------------------------------------------------------------------


def nobody_reports_their_own_act(command: ReportHeroicAct, states: StateReader) -> None:
    if command.reported_by in command.heroes:
        raise Refused(
            "own_act", f"{command.reported_by} is a hero of this act and cannot report it.", "reported_by"
        )


def every_hero_is_named_once(command: ReportHeroicAct, states: StateReader) -> None:
    for index, hero in enumerate(command.heroes):
        if hero in command.heroes[:index]:
            raise Refused("hero_named_twice", f"{hero} is named twice.", f"heroes[{index}]")


def heroes_must_be_known(command: ReportHeroicAct, states: StateReader) -> None:
    for index, hero in enumerate(command.heroes):
        associate_must_be_known(states, hero, f"heroes[{index}]")


def reporter_must_be_known(command: ReportHeroicAct, states: StateReader) -> None:
    associate_must_be_known(states, command.reported_by, "reported_by")


def authoriser_must_be_known(command: ReportHeroicAct, states: StateReader) -> None:
    associate_must_be_known(states, command.authorised_by, "authorised_by")


def cost_must_be_in_a_currency(command: ReportHeroicAct, states: StateReader) -> None:
    currency_must_exist(command.currency, "currency")


def customer_must_stand(command: ReportHeroicAct, states: StateReader) -> None:
    if command.customer_id is not None:
        active_customer(states, command.customer_id)


def linked_sale_must_be_known(command: ReportHeroicAct, states: StateReader) -> None:
    if command.sale_id is not None and states.sale(command.sale_id) is None:
        raise NotFound("sale_unknown", f"There is no sale {command.sale_id}.", "sale_id")


def linked_return_must_be_known(command: ReportHeroicAct, states: StateReader) -> None:
    if command.return_id is not None and states.return_(command.return_id) is None:
        raise NotFound("return_unknown", f"There is no return {command.return_id}.", "return_id")


def whom_it_was_for_must_be_remembered(customer_id: str | None, states: StateReader) -> None:
    """Also where only the linked sale or return says whom the story is about."""
    if customer_id is not None:
        remembered_customer(states, customer_id)


def act_must_have_happened(happened_on: date, occurred_at: datetime) -> None:
    if happened_on > (occurred_at + DAY_TOLERANCE).date():
        raise Refused("in_the_future", f"{happened_on} has not come yet.", "happened_on")


REPORTING_POLICIES: tuple[ReportingPolicy, ...] = (
    nobody_reports_their_own_act,
    every_hero_is_named_once,
    heroes_must_be_known,
    reporter_must_be_known,
    authoriser_must_be_known,
    cost_must_be_in_a_currency,
    customer_must_stand,
    linked_sale_must_be_known,
    linked_return_must_be_known,
)


# --- what comes of a report ---------------------------------------------------------------------------------


def _act_must_be(status: HeroicStatus, step: str) -> StepPolicy:
    def policy(act: HeroicActState, command: Any, states: StateReader) -> None:
        if act.status != status:
            raise Refused(
                f"act_is_{act.status}",
                f"Heroic act {act.act_id} is {act.status}; only a {status} act can be {step}.",
                "act_id",
            )

    return policy


only_a_reported_act_can_be_verified = _act_must_be("reported", "verified")
only_a_reported_act_can_be_rejected = _act_must_be("reported", "rejected")
only_a_verified_act_can_be_revoked = _act_must_be("verified", "revoked")
only_a_verified_act_can_be_retold = _act_must_be("verified", "retold")


def no_hero_verifies_their_own_act(
    act: HeroicActState, command: VerifyHeroicAct, states: StateReader
) -> None:
    if command.verified_by in act.heroes:
        raise Refused(
            "own_act", f"{command.verified_by} is a hero of this act and cannot verify it.", "verified_by"
        )


def whoever_reported_an_act_does_not_verify_it(
    act: HeroicActState, command: VerifyHeroicAct, states: StateReader
) -> None:
    if command.verified_by == act.reported_by:
        raise Refused(
            "own_report",
            f"{command.verified_by} reported this act: somebody else verifies it.",
            "verified_by",
        )


def a_further_report_is_not_verified_itself(
    act: HeroicActState, command: VerifyHeroicAct, states: StateReader
) -> None:
    if act.duplicate_of is None:
        return
    first = states.heroic_act(act.duplicate_of)
    stands = first is None or first.status in ("reported", "verified")
    advice = "verify that one" if stands else "that one was rejected or revoked, so report the act anew"
    raise Refused(
        "duplicate_report", f"{act.act_id} is a further report of {act.duplicate_of}: {advice}.", "act_id"
    )


def somebody_must_verify_it(act: HeroicActState, command: VerifyHeroicAct, states: StateReader) -> None:
    if command.verified_by is None:
        raise Refused("verifier_missing", "Say which associate verifies it.", "verified_by")


verifier_must_be_known = named_associate_must_be_known("verified_by")


rejecter_must_be_known = named_associate_must_be_known("rejected_by")


revoker_must_be_known = named_associate_must_be_known("revoked_by")


teller_must_be_known = named_associate_must_be_known("told_by")


VERIFYING_POLICIES: tuple[StepPolicy, ...] = (
    only_a_reported_act_can_be_verified,
    a_further_report_is_not_verified_itself,
    somebody_must_verify_it,
    no_hero_verifies_their_own_act,
    whoever_reported_an_act_does_not_verify_it,
    verifier_must_be_known,
)
REJECTING_POLICIES: tuple[StepPolicy, ...] = (only_a_reported_act_can_be_rejected, rejecter_must_be_known)
REVOKING_POLICIES: tuple[StepPolicy, ...] = (only_a_verified_act_can_be_revoked, revoker_must_be_known)
RETELLING_POLICIES: tuple[StepPolicy, ...] = (only_a_verified_act_can_be_retold, teller_must_be_known)
