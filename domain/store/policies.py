"""Policies of a store; each name is the rule."""

from collections.abc import Callable

from domain.currencies import currency_must_exist
from domain.pay_period.business_day import time_zone_must_exist
from domain.store.commands import OpenStore

Policy = Callable[[OpenStore], None]


def its_time_zone_must_exist(command: OpenStore) -> None:
    time_zone_must_exist(command.time_zone)


def its_currency_must_exist(command: OpenStore) -> None:
    currency_must_exist(command.currency, "currency")


OPENING_POLICIES: tuple[Policy, ...] = (its_time_zone_must_exist, its_currency_must_exist)
