"""Warnings about a sale: the till goes on, and somebody should look at it; each name is what is odd."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.associate.policies import known_associate
from domain.commission_account.posting import day_at
from domain.currencies import unknown_currency_warnings
from domain.customer.events import PrimaryOwnerRemoved
from domain.messages import CommandWarning, Event, Warnings
from domain.sale.commands import CorrectAttribution, DetachCustomer, RecordSale
from domain.sale.events import SaleRecorded
from domain.sale.policies import sellers_of
from domain.state_reader import StateReader
from domain.store.knowing import unknown_store_warnings


class NamesASale(Protocol):
    @property
    def sale_id(self) -> str: ...
    @property
    def occurred_at(self) -> datetime | None: ...


def sold_before_they_were_hired(
    command: RecordSale, states: StateReader, events: Sequence[Event]
) -> Warnings:
    for sale in events:
        if isinstance(sale, SaleRecorded):
            yield from _before_hiring(states, sellers_of(command), sale.occurred_at)


def they_were_hired_after_the_sale(
    command: CorrectAttribution, states: StateReader, events: Sequence[Event]
) -> Warnings:
    sale = states.sale(command.sale_id)
    named = {
        share.associate_id: f"attribution[{place}].associate_id"
        for place, share in enumerate(command.attribution)
    }
    if sale is not None:
        yield from _before_hiring(states, named, sale.sold_at)


def _before_hiring(states: StateReader, named: dict[str, str], sold_at: datetime) -> Warnings:
    """It is posted by the plan they were hired with: one of the two days is wrong. `named`: each associate,
    and the path of where they are named first.
    """
    for associate_id, place in named.items():
        associate = known_associate(states, associate_id)
        day = day_at(states, associate.store_id, sold_at)
        if day < associate.hired_on:
            yield CommandWarning(
                "before_hiring",
                f"{associate_id} was hired on {associate.hired_on}, after this sale of {day}. It is "
                "posted by the plan they were hired with: correct the attribution if that is wrong.",
                place,
            )


def store_is_unknown(command: RecordSale, states: StateReader, events: Sequence[Event]) -> Warnings:
    """Neither opened, nor with a calendar of its own, nor where anybody on the receipt works or worked."""
    yield from unknown_store_warnings(states, command.store_id, sellers_of(command))


def currency_is_unknown(command: RecordSale, states: StateReader, events: Sequence[Event]) -> Warnings:
    yield from unknown_currency_warnings(command.currency, "currency")


def receipt_number_is_used_already(
    command: RecordSale, states: StateReader, events: Sequence[Event]
) -> Warnings:
    """By another sale of the store: one of the two was keyed twice, or its number is wrong."""
    for number_id in command.streams_read:
        used = states.receipt_number(number_id)
        if used is not None:
            yield CommandWarning(
                "receipt_number_used",
                f"Receipt {command.receipt_no} of {command.store_id} is {used.sale_id} already. If it is the "
                "same sale, take this one back; otherwise put the number right at the till.",
                "receipt_no",
            )


def it_is_dated_before_the_sale(
    command: NamesASale, states: StateReader, events: Sequence[Event]
) -> Warnings:
    """It is recorded for the time that is given: one of the two is wrong."""
    sale = states.sale(command.sale_id)
    if sale is not None and command.occurred_at is not None and command.occurred_at < sale.sold_at:
        yield CommandWarning(
            "before_the_sale",
            f"{command.sale_id} was made at {sale.sold_at.isoformat()}, after this. One of the two times is "
            "wrong.",
            "occurred_at",
        )


def nobody_owns_them(
    command: CorrectAttribution | DetachCustomer, states: StateReader, events: Sequence[Event]
) -> Warnings:
    for event in events:
        if isinstance(event, PrimaryOwnerRemoved):
            yield CommandWarning(
                "no_owner",
                f"{event.associate_id} was the owner by this sale alone: {event.customer_id} has no primary "
                "owner now, until the next sale or AssignOwner.",
                "sale_id",
            )
