"""One example of every command of the people rooms, with fixed values; a test changes only what it is about.

Clara is Anna's customer and waits for shoes; Ben brought her a pair through the snow, Carl saw it. Personal
texts are sealed, as decisions get them.
"""

import base64
import hashlib
from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from domain.customer.commands import (
    AddContactPoint,
    AddNote,
    AssignOwner,
    CancelFollowUp,
    CompleteFollowUp,
    ForgetCustomer,
    FulfilWish,
    LearnName,
    LogContact,
    MergeCustomers,
    PlanFollowUp,
    ReassignOwner,
    RecordOccasion,
    RecordSize,
    RecordTaste,
    RecordWish,
    RegisterCustomer,
    RemoveContact,
    RemoveContactPoint,
    RemoveNote,
    RemoveOccasion,
    RemoveSecondaryOwner,
    RemoveSize,
    ReopenFollowUp,
    ReopenWish,
    SetContactPreference,
    UnmergeCustomers,
    WithdrawWish,
)
from domain.heroic_act.commands import (
    RejectHeroicAct,
    ReportHeroicAct,
    RetellHeroicAct,
    RevokeHeroicAct,
    VerifyHeroicAct,
)
from domain.score_parameters.commands import AdoptScoreParameters, ScoreParameters
from domain.stock_arrival.commands import ArrivingItem, RecordStockArrival
from domain.store.commands import OpenStore
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, SHOES, STORE

ACT = "act_" + "1" * 32
OTHER_ACT = "act_" + "2" * 32
ARRIVAL = "arr_" + "1" * 32

WEEKLY = ScoreParameters(rhythm_hours=24 * 7, typical_visit_minor={"*": 5_000, "EUR": 2_300})

MET_AT = datetime(2024, 3, 4, 10, 15, tzinfo=UTC)
TOLD_AT = datetime(2024, 3, 6, 17, 40, tzinfo=UTC)
SNOW_DAY = date(2024, 3, 6)


def sealed(field: str, subject: str = CLARA, text: str = "Clara") -> str:
    """A text as the vault would seal it; no secret, but as unreadable."""
    secret = hashlib.sha256(f"{subject}/{field}/{text}".encode()).digest()
    return f"sealed:v1:{subject}:{field}:{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"


ABOUT_CLARA: dict[str, Any] = {"occurred_at": MET_AT, "customer_id": CLARA}
HER_NAME: dict[str, Any] = {"name": sealed("name"), "address_as": sealed("address_as")}
SHOES_IN_NINE: dict[str, Any] = {"label": "Alden", "sku": SHOES, "size": "9"}
IN_TWO_WEEKS: dict[str, Any] = {"due_on": date(2024, 3, 18), "reason": sealed("reason"), "associate_id": ANNA}
ABOUT_ACT: dict[str, Any] = {"occurred_at": TOLD_AT, "act_id": ACT}
THROUGH_THE_SNOW: dict[str, Any] = {
    "heroes": (BEN,),
    "customer_id": CLARA,
    "kind": "delivery",
    "story": sealed("story"),
    "happened_on": SNOW_DAY,
    "store_id": STORE,
    "reported_by": CARL,
    "cost_minor": 2_350,
    "authorised_by": ANNA,
}


def register_customer(**changes: Any) -> RegisterCustomer:
    return replace(RegisterCustomer(reference="12346", store_id=STORE, **HER_NAME, **ABOUT_CLARA), **changes)


def learn_name(**changes: Any) -> LearnName:
    return replace(LearnName(learned_by=ANNA, **HER_NAME, **ABOUT_CLARA), **changes)


def add_contact_point(**changes: Any) -> AddContactPoint:
    return replace(AddContactPoint(kind="phone", value=sealed("value"), **ABOUT_CLARA), **changes)


def set_contact_preference(**changes: Any) -> SetContactPreference:
    return replace(SetContactPreference(channel="text", allowed=True, **ABOUT_CLARA), **changes)


def record_size(**changes: Any) -> RecordSize:
    return replace(RecordSize(kind="shoe", size="9", label="Alden", **ABOUT_CLARA), **changes)


def record_taste(**changes: Any) -> RecordTaste:
    return replace(RecordTaste(kind="colour", value="brown", **ABOUT_CLARA), **changes)


def record_wish(**changes: Any) -> RecordWish:
    return replace(
        RecordWish(note=sealed("note"), recorded_by=ANNA, **SHOES_IN_NINE, **ABOUT_CLARA), **changes
    )


def fulfil_wish(**changes: Any) -> FulfilWish:
    return replace(FulfilWish(wish_id=1, fulfilled_by=ANNA, **ABOUT_CLARA), **changes)


def record_occasion(**changes: Any) -> RecordOccasion:
    return replace(RecordOccasion(kind="birthday", on=date(1970, 5, 17), **ABOUT_CLARA), **changes)


def add_note(**changes: Any) -> AddNote:
    return replace(AddNote(text=sealed("text"), written_by=ANNA, **ABOUT_CLARA), **changes)


def log_contact(**changes: Any) -> LogContact:
    return replace(
        LogContact(channel="call", purpose="thank_you", contacted_by=ANNA, answered=True, **ABOUT_CLARA),
        **changes,
    )


def plan_follow_up(**changes: Any) -> PlanFollowUp:
    return replace(PlanFollowUp(**IN_TWO_WEEKS, **ABOUT_CLARA), **changes)


def complete_follow_up(**changes: Any) -> CompleteFollowUp:
    return replace(CompleteFollowUp(follow_up_id=1, completed_by=ANNA, **ABOUT_CLARA), **changes)


def assign_owner(**changes: Any) -> AssignOwner:
    return replace(AssignOwner(associate_id=ANNA, **ABOUT_CLARA), **changes)


def reassign_owner(**changes: Any) -> ReassignOwner:
    return replace(ReassignOwner(associate_id=BEN, **ABOUT_CLARA), **changes)


def remove_contact_point(**changes: Any) -> RemoveContactPoint:
    return replace(RemoveContactPoint(contact_point_id=1, **ABOUT_CLARA), **changes)


def remove_size(**changes: Any) -> RemoveSize:
    return replace(RemoveSize(kind="shoe", label="Alden", **ABOUT_CLARA), **changes)


def remove_occasion(**changes: Any) -> RemoveOccasion:
    return replace(RemoveOccasion(occasion_id=1, **ABOUT_CLARA), **changes)


def remove_note(**changes: Any) -> RemoveNote:
    return replace(RemoveNote(note_id=1, **ABOUT_CLARA), **changes)


def remove_contact(**changes: Any) -> RemoveContact:
    return replace(RemoveContact(contact_id=1, **ABOUT_CLARA), **changes)


def withdraw_wish(**changes: Any) -> WithdrawWish:
    return replace(WithdrawWish(wish_id=1, **ABOUT_CLARA), **changes)


def cancel_follow_up(**changes: Any) -> CancelFollowUp:
    return replace(CancelFollowUp(follow_up_id=1, **ABOUT_CLARA), **changes)


def reopen_follow_up(**changes: Any) -> ReopenFollowUp:
    return replace(ReopenFollowUp(follow_up_id=1, **ABOUT_CLARA), **changes)


def reopen_wish(**changes: Any) -> ReopenWish:
    return replace(ReopenWish(wish_id=1, **ABOUT_CLARA), **changes)


def remove_secondary_owner(**changes: Any) -> RemoveSecondaryOwner:
    return replace(RemoveSecondaryOwner(associate_id=BEN, **ABOUT_CLARA), **changes)


def merge_customers(**changes: Any) -> MergeCustomers:
    return replace(MergeCustomers(merged_customer_id=DORA, **ABOUT_CLARA), **changes)


def unmerge_customers(**changes: Any) -> UnmergeCustomers:
    return replace(UnmergeCustomers(merged_customer_id=DORA, **ABOUT_CLARA), **changes)


def forget_customer(**changes: Any) -> ForgetCustomer:
    return replace(ForgetCustomer(requested_by="herself", **ABOUT_CLARA), **changes)


def report_heroic_act(**changes: Any) -> ReportHeroicAct:
    return replace(ReportHeroicAct(**THROUGH_THE_SNOW, **ABOUT_ACT), **changes)


def verify_heroic_act(**changes: Any) -> VerifyHeroicAct:
    return replace(VerifyHeroicAct(verified_by=ANNA, **ABOUT_ACT), **changes)


def reject_heroic_act(**changes: Any) -> RejectHeroicAct:
    return replace(RejectHeroicAct(rejected_by=ANNA, reason=sealed("reason"), **ABOUT_ACT), **changes)


def revoke_heroic_act(**changes: Any) -> RevokeHeroicAct:
    return replace(RevokeHeroicAct(revoked_by=ANNA, reason=sealed("reason"), **ABOUT_ACT), **changes)


def retell_heroic_act(**changes: Any) -> RetellHeroicAct:
    return replace(RetellHeroicAct(told_to="morning meeting", told_by=CARL, **ABOUT_ACT), **changes)


def adopt_score_parameters(**changes: Any) -> AdoptScoreParameters:
    return replace(
        AdoptScoreParameters(occurred_at=TOLD_AT, parameters=WEEKLY, reason="calibrated"), **changes
    )


def open_store(**changes: Any) -> OpenStore:
    command = OpenStore(
        occurred_at=MET_AT, store_id=STORE, name="Downtown", time_zone="America/New_York", currency="USD"
    )
    return replace(command, **changes)


def record_stock_arrival(**changes: Any) -> RecordStockArrival:
    item = ArrivingItem(sku=SHOES, label="Alden", size="9", department="shoes", quantity=12)
    command = RecordStockArrival(occurred_at=TOLD_AT, arrival_id=ARRIVAL, store_id=STORE, items=(item,))
    return replace(command, **changes)
