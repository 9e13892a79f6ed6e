"""What net commission, guarantee and debts come to, by the deficit policy (docs/domain.md, rules 5 and 6).

All amounts are integer minor units.
"""

import msgspec

from domain.associate.commands import DeficitPolicy

MINUTES_PER_HOUR = 60


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement settles. pay = net - recouped + topped_up + carried + forgiven; never below the
    guarantee, unless what exceeds it is taken for what was owed. `late_taken_back_minor` is what was paid for
    late hours and is not due any more; it comes off the late top-ups, not off the pay.
    """

    owed_before_minor: int
    recouped_minor: int
    topped_up_minor: int
    recoverable: bool
    carried_minor: int
    forgiven_minor: int
    written_off_minor: int
    owed_after_minor: int
    pay_minor: int
    late_taken_back_minor: int = 0


def settle(
    policy: DeficitPolicy, net_minor: int, guarantee_minor: int, owed_before_minor: int, *, is_final: bool
) -> Settlement:
    """The greater of net commission and guarantee is paid; a deficit is treated by the policy.

    What was owed before, under whichever policy, is taken only out of what exceeds the guarantee. Policy
    carry: a deficit is owed. Policy forgive: it is not. Policy recoverable_draw: every top-up is owed, a
    deficit being part of it. With the final statement whatever is still owed is written off.
    """
    draws = policy == "recoverable_draw"
    deficit_minor = 0 if draws else max(-net_minor, 0)
    carried_minor = deficit_minor if policy == "carry" else 0
    recouped_minor = min(owed_before_minor, max(net_minor - guarantee_minor, 0))
    topped_up_minor = max(guarantee_minor - (net_minor + deficit_minor), 0)
    owed_minor = owed_before_minor - recouped_minor + carried_minor + (topped_up_minor if draws else 0)
    written_off_minor = owed_minor if is_final else 0
    return Settlement(
        owed_before_minor=owed_before_minor,
        recouped_minor=recouped_minor,
        topped_up_minor=topped_up_minor,
        recoverable=draws,
        carried_minor=carried_minor,
        forgiven_minor=deficit_minor - carried_minor,
        written_off_minor=written_off_minor,
        owed_after_minor=owed_minor - written_off_minor,
        pay_minor=net_minor - recouped_minor + topped_up_minor + deficit_minor,
    )
