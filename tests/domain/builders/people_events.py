"""One example of every event of the people rooms, as it follows from the command of the same example."""

from datetime import date
from typing import Any

from msgspec.structs import replace

from domain.customer.events import (
    ContactLogged,
    ContactPointAdded,
    ContactPointRemoved,
    ContactPreferenceSet,
    ContactRemoved,
    CustomerForgotten,
    CustomerRegistered,
    CustomersMerged,
    CustomersUnmerged,
    FollowUpCancelled,
    FollowUpCompleted,
    FollowUpPlanned,
    FollowUpReopened,
    NameLearned,
    NoteAdded,
    NoteRemoved,
    OccasionRecorded,
    OccasionRemoved,
    OwnerAssigned,
    OwnerReassigned,
    PrimaryOwnerRemoved,
    SecondaryOwnerRemoved,
    SizeRecorded,
    SizeRemoved,
    TasteRecorded,
    WishFulfilled,
    WishRecorded,
    WishReopened,
    WishWithdrawn,
)
from domain.heroic_act.events import (
    HeroicActRejected,
    HeroicActReported,
    HeroicActRetold,
    HeroicActRevoked,
    HeroicActVerified,
    HeroicDayOpened,
)
from domain.ids import heroic_day_id_of
from domain.score_parameters.events import ScoreParametersAdopted, frozen
from domain.stock_arrival.events import ArrivedItem, StockArrived
from domain.store.events import StoreOpened
from tests.domain.builders.money_commands import ANNA, BEN, CARL, CLARA, DORA, SALE, SHOES, STORE
from tests.domain.builders.people_commands import (
    ABOUT_ACT,
    ABOUT_CLARA,
    ARRIVAL,
    HER_NAME,
    IN_TWO_WEEKS,
    MET_AT,
    SHOES_IN_NINE,
    SNOW_DAY,
    THROUGH_THE_SNOW,
    TOLD_AT,
    WEEKLY,
    sealed,
)

ABOUT_BENS_ACT: dict[str, Any] = {**ABOUT_ACT, "heroes": (BEN,), "customer_id": CLARA}


def store_opened(**changes: Any) -> StoreOpened:
    event = StoreOpened(
        occurred_at=MET_AT, store_id=STORE, name="Downtown", time_zone="America/New_York", currency="USD"
    )
    return replace(event, **changes)


def customer_registered(**changes: Any) -> CustomerRegistered:
    return replace(
        CustomerRegistered(reference="12346", store_id=STORE, **HER_NAME, **ABOUT_CLARA), **changes
    )


def name_learned(**changes: Any) -> NameLearned:
    return replace(NameLearned(learned_by=ANNA, **HER_NAME, **ABOUT_CLARA), **changes)


def contact_point_added(**changes: Any) -> ContactPointAdded:
    event = ContactPointAdded(contact_point_id=1, kind="phone", value=sealed("value"), **ABOUT_CLARA)
    return replace(event, **changes)


def contact_preference_set(**changes: Any) -> ContactPreferenceSet:
    return replace(ContactPreferenceSet(channel="text", allowed=True, **ABOUT_CLARA), **changes)


def size_recorded(**changes: Any) -> SizeRecorded:
    return replace(SizeRecorded(kind="shoe", size="9", label="Alden", **ABOUT_CLARA), **changes)


def taste_recorded(**changes: Any) -> TasteRecorded:
    return replace(TasteRecorded(kind="colour", value="brown", **ABOUT_CLARA), **changes)


def wish_recorded(**changes: Any) -> WishRecorded:
    event = WishRecorded(wish_id=1, note=sealed("note"), recorded_by=ANNA, **SHOES_IN_NINE, **ABOUT_CLARA)
    return replace(event, **changes)


def wish_fulfilled(**changes: Any) -> WishFulfilled:
    return replace(WishFulfilled(wish_id=1, fulfilled_by=ANNA, **ABOUT_CLARA), **changes)


def occasion_recorded(**changes: Any) -> OccasionRecorded:
    event = OccasionRecorded(occasion_id=1, kind="birthday", on=date(1970, 5, 17), **ABOUT_CLARA)
    return replace(event, **changes)


def note_added(**changes: Any) -> NoteAdded:
    return replace(NoteAdded(note_id=1, text=sealed("text"), written_by=ANNA, **ABOUT_CLARA), **changes)


def contact_logged(**changes: Any) -> ContactLogged:
    event = ContactLogged(
        channel="call", purpose="thank_you", contacted_by=ANNA, answered=True, contact_id=1, **ABOUT_CLARA
    )
    return replace(event, **changes)


def follow_up_planned(**changes: Any) -> FollowUpPlanned:
    return replace(FollowUpPlanned(follow_up_id=1, **IN_TWO_WEEKS, **ABOUT_CLARA), **changes)


def follow_up_completed(**changes: Any) -> FollowUpCompleted:
    return replace(FollowUpCompleted(follow_up_id=1, completed_by=ANNA, **ABOUT_CLARA), **changes)


def owner_assigned(**changes: Any) -> OwnerAssigned:
    return replace(OwnerAssigned(associate_id=ANNA, **ABOUT_CLARA), **changes)


def owner_reassigned(**changes: Any) -> OwnerReassigned:
    return replace(OwnerReassigned(associate_id=BEN, previous_associate_id=ANNA, **ABOUT_CLARA), **changes)


def contact_point_removed(**changes: Any) -> ContactPointRemoved:
    return replace(ContactPointRemoved(contact_point_id=1, **ABOUT_CLARA), **changes)


def size_removed(**changes: Any) -> SizeRemoved:
    return replace(SizeRemoved(kind="shoe", label="Alden", **ABOUT_CLARA), **changes)


def occasion_removed(**changes: Any) -> OccasionRemoved:
    return replace(OccasionRemoved(occasion_id=1, **ABOUT_CLARA), **changes)


def note_removed(**changes: Any) -> NoteRemoved:
    return replace(NoteRemoved(note_id=1, **ABOUT_CLARA), **changes)


def contact_removed(**changes: Any) -> ContactRemoved:
    event = ContactRemoved(
        contact_id=1,
        contacted_at=MET_AT,
        channel="call",
        purpose="thank_you",
        answered=True,
        **ABOUT_CLARA,
    )
    return replace(event, **changes)


def wish_withdrawn(**changes: Any) -> WishWithdrawn:
    return replace(WishWithdrawn(wish_id=1, **ABOUT_CLARA), **changes)


def wish_reopened(**changes: Any) -> WishReopened:
    event = WishReopened(wish_id=1, sale_id=SALE, recorded_at=MET_AT, **SHOES_IN_NINE, **ABOUT_CLARA)
    return replace(event, **changes)


def follow_up_cancelled(**changes: Any) -> FollowUpCancelled:
    return replace(FollowUpCancelled(follow_up_id=1, **ABOUT_CLARA), **changes)


def follow_up_reopened(**changes: Any) -> FollowUpReopened:
    promise = {name: value for name, value in IN_TWO_WEEKS.items() if name != "reason"}
    return replace(FollowUpReopened(follow_up_id=1, **promise, **ABOUT_CLARA), **changes)


def primary_owner_removed(**changes: Any) -> PrimaryOwnerRemoved:
    return replace(PrimaryOwnerRemoved(associate_id=ANNA, sale_id=SALE, **ABOUT_CLARA), **changes)


def secondary_owner_removed(**changes: Any) -> SecondaryOwnerRemoved:
    return replace(SecondaryOwnerRemoved(associate_id=BEN, **ABOUT_CLARA), **changes)


def customers_merged(**changes: Any) -> tuple[CustomersMerged, CustomersMerged]:
    """Dora turns out to be Clara: the event in Clara's history, and the one in Dora's."""
    survivor = CustomersMerged(other_customer_id=DORA, survives=True, **ABOUT_CLARA)
    merged = replace(survivor, customer_id=DORA, other_customer_id=CLARA, survives=False)
    return replace(survivor, **changes), replace(merged, **changes)


def customers_unmerged(**changes: Any) -> tuple[CustomersUnmerged, CustomersUnmerged]:
    """She is not: the event in Clara's history, and the one in Dora's."""
    survivor = CustomersUnmerged(other_customer_id=DORA, survives=True, **ABOUT_CLARA)
    merged = replace(survivor, customer_id=DORA, other_customer_id=CLARA, survives=False)
    return replace(survivor, **changes), replace(merged, **changes)


def customer_forgotten(**changes: Any) -> CustomerForgotten:
    return replace(CustomerForgotten(requested_by="herself", **ABOUT_CLARA), **changes)


def heroic_act_reported(**changes: Any) -> HeroicActReported:
    return replace(HeroicActReported(**THROUGH_THE_SNOW, **ABOUT_ACT), **changes)


def heroic_day_opened(hero: str = BEN, **changes: Any) -> HeroicDayOpened:
    day_id = heroic_day_id_of(hero, CLARA, SNOW_DAY.isoformat())
    return replace(HeroicDayOpened(day_id=day_id, **ABOUT_ACT), **changes)


def heroic_act_verified(**changes: Any) -> HeroicActVerified:
    event = HeroicActVerified(kind="delivery", happened_on=SNOW_DAY, verified_by=ANNA, **ABOUT_BENS_ACT)
    return replace(event, **changes)


def heroic_act_rejected(**changes: Any) -> HeroicActRejected:
    return replace(HeroicActRejected(rejected_by=ANNA, reason=sealed("reason"), **ABOUT_BENS_ACT), **changes)


def heroic_act_revoked(**changes: Any) -> HeroicActRevoked:
    event = HeroicActRevoked(
        kind="delivery", happened_on=SNOW_DAY, revoked_by=ANNA, reason=sealed("reason"), **ABOUT_BENS_ACT
    )
    return replace(event, **changes)


def heroic_act_retold(**changes: Any) -> HeroicActRetold:
    return replace(HeroicActRetold(told_to="morning meeting", told_by=CARL, **ABOUT_BENS_ACT), **changes)


def stock_arrived(**changes: Any) -> StockArrived:
    item = ArrivedItem(sku=SHOES, label="Alden", size="9", department="shoes", quantity=12)
    return replace(
        StockArrived(occurred_at=TOLD_AT, arrival_id=ARRIVAL, store_id=STORE, items=(item,)), **changes
    )


def score_parameters_adopted(**changes: Any) -> ScoreParametersAdopted:
    event = ScoreParametersAdopted(
        occurred_at=TOLD_AT, version=2, parameters=frozen(WEEKLY), reason="calibrated"
    )
    return replace(event, **changes)
