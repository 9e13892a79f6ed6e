"""Decides each command about a customer's record, or refuses it.

A command that changes nothing leads to no event. Encrypted texts are only ever copied; two of them cannot be
compared, so a name or a note always leads to one.
"""

from domain.customer import belonging, corrections, profile, promises
from domain.customer.commands import AddContactPoint, RegisterCustomer
from domain.customer.policies import contact_point_must_be_one
from domain.policies import Decisions
from domain.store.knowing import store_is_unknown

DECISIONS: Decisions = {
    **profile.DECISIONS,
    **promises.DECISIONS,
    **belonging.DECISIONS,
    **corrections.DECISIONS,
}
WARNINGS = {**promises.WARNINGS, RegisterCustomer: (store_is_unknown,)}
PLAIN_TEXT_POLICIES = {AddContactPoint: contact_point_must_be_one}
