"""Commands about a heroic act. Anyone reports anyone's; nobody reports their own."""

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from domain.ids import HEROIC_ACT, AssociateId, Code, CustomerId, HeroicActId, ReturnId, SaleId
from domain.messages import Command
from domain.money import Currency, NonNegativeMinor
from domain.personal import Personal, PersonalRemark

HeroicKind = Literal[
    "located_item",
    "bought_elsewhere",
    "delivery",
    "alteration",
    "prepared_item",
    "comforted_customer",
    "went_the_distance",
    "other",
]
ReporterKind = Literal["witness", "customer", "manager"]


class ReportHeroicAct(Command, frozen=True, kw_only=True):
    """An act of service above and beyond, reported by a witness, a customer or a manager.

    `happened_on` is the shop's day (left out: that of `occurred_at` by the store's clock). The cost is the
    house's. Left out, `customer_id` is that of the sale or return.
    """

    new_id: ClassVar = ("act_id", HEROIC_ACT)

    act_id: HeroicActId | None = None
    heroes: Annotated[tuple[AssociateId, ...], msgspec.Meta(min_length=1, max_length=20)]
    customer_id: CustomerId | None = None
    kind: HeroicKind
    story: Personal
    happened_on: date | None = None
    store_id: Code | None = None
    reporter: ReporterKind = "witness"
    reported_by: AssociateId | None = None
    cost_minor: NonNegativeMinor = 0
    currency: Currency = "USD"
    authorised_by: AssociateId | None = None
    sale_id: SaleId | None = None
    return_id: ReturnId | None = None


class VerifyHeroicAct(Command, frozen=True, kw_only=True):
    """Somebody who knows confirms it. It is on the wall from now on."""

    subject: ClassVar = "act_id"

    act_id: HeroicActId
    verified_by: AssociateId | None = None


class RejectHeroicAct(Command, frozen=True, kw_only=True):
    """It did not happen, or not like that."""

    subject: ClassVar = "act_id"

    act_id: HeroicActId
    rejected_by: AssociateId | None = None
    reason: PersonalRemark | None = None


class RevokeHeroicAct(Command, frozen=True, kw_only=True):
    """A verified act is taken off the wall."""

    subject: ClassVar = "act_id"

    act_id: HeroicActId
    revoked_by: AssociateId | None = None
    reason: PersonalRemark | None = None


class RetellHeroicAct(Command, frozen=True, kw_only=True):
    """It was told to a team: the story spreads."""

    subject: ClassVar = "act_id"

    act_id: HeroicActId
    told_to: Code
    told_by: AssociateId | None = None
