"""Erasure beyond the command: texts under keys of their own, keys that a restored backup brought back, and
the traces of destroyed keys in the database's files.
"""

from typing import Final

from domain.customer.events import CustomerForgotten
from domain.data_subjects import is_subject_beside_customers
from domain.ids import CUSTOMER
from domain.messages import Refused
from domain.topics import topics_of
from infra.runtime import Runtime
from infra.vault import Vault
from infra.vault.documents import subjects_in

#: How long transactions that still see what was destroyed are waited for.
WAIT_SECONDS: Final = 30


def destroy_texts(runtime: Runtime, about: str) -> list[str]:
    """Destroy the keys of the texts of a sale, return or heroic act without a known customer; the data
    subjects.

    Raises Refused where there are none, or where they go with a customer.
    """
    events = runtime.log.read_stream(about)
    subjects = sorted({subject for event in events for subject in subjects_in(event.state)})
    if not subjects:
        raise Refused("nothing_sealed", f"there is no text that could be destroyed about {about}", "ABOUT")
    if customers := [one for one in subjects if one.startswith(CUSTOMER)]:
        raise Refused("customer_known", f"these texts go when {', '.join(customers)} is forgotten", "ABOUT")
    if others := [one for one in subjects if not is_subject_beside_customers(one)]:
        raise Refused("not_hers", f"these texts are those of {', '.join(others)}", "ABOUT")
    for subject in subjects:
        runtime.vault.destroy(subject)
    return subjects


def destroy_keys_again(runtime: Runtime) -> tuple[int, int]:
    """Destroy the keys of everybody whom the log has forgotten: how many people, how many keys were back."""
    forgotten = [event.stream_id for event in runtime.log.read_topics(topics_of([CustomerForgotten]))]
    also = sorted(filter(is_subject_beside_customers, runtime.log.streams_of(forgotten)))
    again = runtime.vault.destroy_again(forgotten, also=also)
    return len(forgotten), again


def traces_erased(vault: Vault) -> bool:
    """Whether no file of the database has a destroyed key any more; waits for readers of the old rows."""
    return vault.traces_pending() == 0 or vault.erase_traces(WAIT_SECONDS)
