"""Commands about the standards of service: what a shop expects of itself towards its customers."""

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from domain.ids import Code
from domain.messages import Command
from domain.pay_period.commands import COMPANY

#: thank_you: a customer is thanked after a purchase. promise_kept: a follow-up is done on its day. wish_told:
#: a customer is told that what they wait for has arrived. lapsing_reached: a customer who has been silent for
#: longer than usual is reached. act_retold: a verified heroic act is told to a team.
StandardKind = Literal["thank_you", "promise_kept", "wish_told", "lapsing_reached", "act_retold"]
WithinDays = Annotated[int, msgspec.Meta(ge=0, le=366)]
TargetBp = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class DefineServiceStandard(Command, frozen=True, kw_only=True):
    """This is expected within so many days, from `effective_on` on (today when left out).

    `within_days` counts from the day on which it falls due: 0 is that day itself. `target_bp`: the share that
    is to be kept, in basis points. `scope` is `company` or a store, whose own standard stands in place of the
    company's. Defined again, it is replaced from that day on.
    """

    subject: ClassVar = ""

    kind: StandardKind
    within_days: WithinDays
    target_bp: TargetBp = 10_000
    scope: Code = COMPANY
    effective_on: date | None = None


class WithdrawServiceStandard(Command, frozen=True, kw_only=True):
    """It is expected no more, from `effective_on` on (today when left out).

    A store whose own standard is withdrawn is back under the company's.
    """

    subject: ClassVar = ""

    kind: StandardKind
    scope: Code = COMPANY
    effective_on: date | None = None
