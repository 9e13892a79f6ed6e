"""Policies of a store; each name is the rule."""

from collections.abc import Callable
from datetime import datetime

from domain.currencies import currency_must_exist
from domain.messages import Refused
from domain.pay_period.business_day import business_day
from domain.store.commands import OpenStore

Policy = Callable[[OpenStore, datetime], None]


def time_zone_must_exist(command: OpenStore, now: datetime) -> None:
    try:
        business_day(now, command.time_zone)
    except (KeyError, ValueError, OSError):
        raise Refused(
            "time_zone_unknown",
            f"There is no time zone {command.time_zone}: give a name such as America/New_York.",
            "time_zone",
        ) from None


def its_currency_must_exist(command: OpenStore, now: datetime) -> None:
    currency_must_exist(command.currency, "currency")


OPENING_POLICIES: tuple[Policy, ...] = (time_zone_must_exist, its_currency_must_exist)
