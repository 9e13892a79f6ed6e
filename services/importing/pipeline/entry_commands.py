"""Entries as commands: people, owners and pay periods."""

from collections.abc import Iterator

from domain.associate.commands import HireAssociate
from domain.commission_account.commands import IssueStatement
from domain.customer.commands import AddContactPoint, ReassignOwner, RegisterCustomer
from domain.pay_period.commands import ClosePayPeriod, OpenPayPeriod
from domain.store.commands import OpenStore
from services.importing.pipeline import source_documents
from services.importing.pipeline.command_batches import KeyedCommand
from services.importing.pipeline.derived_ids import DerivedIds


class EntryCommands:
    """Turns entries of one source into commands with derived identifiers."""

    def __init__(self, derived_ids: DerivedIds) -> None:
        self._derived_ids = derived_ids

    def customer(self, customer: source_documents.ImportedCustomer, key: str) -> Iterator[KeyedCommand]:
        """A customer becomes known, with what is known of them."""
        customer_id = self._derived_ids.customer_id_of(customer.reference)
        yield (
            key,
            RegisterCustomer(
                customer_id=customer_id,
                reference=customer.reference,
                store_id=customer.store,
                name=customer.name,
                address_as=customer.address_as,
                occurred_at=customer.at,
            ),
        )
        for kind, value in customer.contact_points:
            yield (
                f"{key}:{kind}",
                AddContactPoint(customer_id=customer_id, kind=kind, value=value, occurred_at=customer.at),
            )

    def hired(self, hire: source_documents.Hire) -> HireAssociate:
        """An associate is hired."""
        return HireAssociate(
            associate_id=self._derived_ids.associate_id_of(hire.reference),
            reference=hire.label or hire.reference,
            name=hire.name,
            store_id=hire.store,
            plan=hire.plan,
            hired_on=hire.hired_on or hire.at.date(),
            made_up=hire.made_up,
            occurred_at=hire.at,
        )

    def handed_over(self, entry: source_documents.HandOver) -> ReassignOwner:
        """A customer changes owner."""
        return ReassignOwner(
            customer_id=self._derived_ids.customer_id_of(entry.customer),
            associate_id=self._derived_ids.associate_id_of(entry.associate),
            reason=entry.reason,
            occurred_at=entry.at,
        )

    def closed(self, end: source_documents.PayPeriodEnd, key: str) -> Iterator[KeyedCommand]:
        """A pay period is closed, and everybody's statement issued."""
        yield key, ClosePayPeriod(period_id=end.period_id, occurred_at=end.at)
        for associate in end.associates:
            yield (
                f"{key}:{associate}",
                IssueStatement(
                    associate_id=self._derived_ids.associate_id_of(associate),
                    period_id=end.period_id,
                    occurred_at=end.at,
                ),
            )


def opened(start: source_documents.PayPeriodStart) -> OpenPayPeriod:
    """The command that opens a pay period."""
    return OpenPayPeriod(
        period_id=start.period_id,
        starts_on=start.starts_on,
        ends_on=start.ends_on,
        time_zone=start.time_zone,
        occurred_at=start.at,
    )


def opened_store(met: source_documents.StoreMet) -> OpenStore:
    """The command that opens a store under the name that the file has for it."""
    return OpenStore(
        store_id=met.store,
        name=met.store,
        time_zone=met.time_zone,
        currency=met.currency,
        channel=met.channel,
        occurred_at=met.at,
    )
