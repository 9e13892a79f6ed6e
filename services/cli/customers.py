"""`clienteling customers`: forgetting one, and seeing to it that nothing is left of those who were
forgotten.
"""

from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter

from domain.customer.commands import ForgetCustomer
from domain.ids import CUSTOMER
from domain.messages import Refused
from infra.event_store.answers import Answer
from infra.event_store.handler import SUBJECTS_BESIDE_CUSTOMERS
from infra.ids import new_id
from infra.runtime import open_runtime
from infra.vault import Vault
from infra.vault.documents import subjects_in
from services.cli.output import Json, complain, document, out

app = App(name="customers", help_format="plaintext")

DONE, DOES_NOT_HOLD = 0, 1
#: How long transactions that still see what was destroyed are waited for.
WAIT_SECONDS: Final = 30


class Forgotten(Answer, frozen=True, kw_only=True):
    """The answer to the command.

    `traces_erased`: no file of the database has her key any more, wrapped or not.
    """

    traces_erased: bool


class Redacted(msgspec.Struct, frozen=True, kw_only=True):
    """Under whose keys the texts were sealed, and whether no file of the database has them any more."""

    subjects: list[str]
    traces_erased: bool


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """How many were forgotten, for how many of them a key had to be destroyed again, and whether no file
    has one.
    """

    forgotten: int
    destroyed_again: int
    traces_erased: bool


@app.command
def forget(
    customer_id: Annotated[str, Parameter(help="The customer, cus_...")],
    *,
    requested_by: Annotated[str | None, Parameter(help="Who asked for it; no personal data.")] = None,
    json: Json = False,
) -> int:
    """Erase a person: her key is destroyed in the same commit as the fact that says so.

    From then on her name, contact points, notes and stories cannot be read
    anywhere: not in the log, the stream, the tables, exports or backups. Money,
    commission and statistics stay as they are. It cannot be undone. Exit code 1:
    she is forgotten, but files of the database still have the key, because
    something reads the old rows; see `erase`.

    For example:

        clienteling customers forget cus_... --requested-by "letter 17"
    """
    with open_runtime() as runtime:
        try:
            answer = runtime.handler.handle(
                ForgetCustomer(customer_id=customer_id, requested_by=requested_by), new_id("cli")
            )
        except Refused as refusal:
            if refusal.code != "customer_forgotten":
                raise
            erased = _traces_erased(runtime.vault)
            if json:
                end = runtime.log.last_position()
                document(Forgotten(ids={}, events=(), position=end, replayed=True, traces_erased=erased))
            else:
                out.print("She had been forgotten before.")
            return DONE if erased else DOES_NOT_HOLD
        erased = _traces_erased(runtime.vault)
    if json:
        document(Forgotten(**msgspec.structs.asdict(answer), traces_erased=erased))
    else:
        out.print(f"Forgotten, at position {answer.position} of the log.")
    return DONE if erased else DOES_NOT_HOLD


@app.command
def redact(
    about: Annotated[str, Parameter(help="The sale, return or heroic act: sal_..., ret_... or act_...")],
    *,
    json: Json = False,
) -> int:
    """Destroy the texts of a sale, a return or a heroic act without a known customer.

    They are sealed with a key of their own, because there is no customer whose key
    could seal them; it is destroyed. Heroes, kinds, costs and amounts stay. Texts
    about a customer who has a record go when she is forgotten. It is no fact of
    the log: after an older backup of the key store was restored, do it again. Exit
    code 1: nothing was destroyed, or files still have the key (see `erase`).

    For example:

        clienteling customers redact act_...
    """
    with open_runtime() as runtime:
        subjects = sorted({one for fact in runtime.log.read_stream(about) for one in subjects_in(fact.state)})
        if not subjects:
            raise Refused(
                "nothing_sealed", f"there is no text that could be destroyed about {about}", "ABOUT"
            )
        if customers := [one for one in subjects if one.startswith(CUSTOMER)]:
            raise Refused(
                "customer_known", f"these texts go when {', '.join(customers)} is forgotten", "ABOUT"
            )
        if others := [one for one in subjects if one[:3] not in SUBJECTS_BESIDE_CUSTOMERS]:
            raise Refused("not_hers", f"these texts are those of {', '.join(others)}", "ABOUT")
        for subject in subjects:
            runtime.vault.destroy(subject)
        erased = _traces_erased(runtime.vault)
    if json:
        document(Redacted(subjects=subjects, traces_erased=erased))
    else:
        out.print(f"The texts sealed under {', '.join(subjects)} cannot be read any more.")
    return DONE if erased else DOES_NOT_HOLD


@app.command
def erase(*, json: Json = False) -> int:
    """Destroy the data keys of all forgotten customers, and what is left of them in the database's files.

    Forgetting does that by itself. Run it after a backup of the key store was
    restored that is older than the log: it brings back keys that had been
    destroyed. Exit code 1: something else still reads the old rows; run it again.

    For example:

        clienteling customers erase
    """
    with open_runtime() as runtime:
        forgotten = runtime.log.customers_forgotten()
        again = runtime.vault.destroy_again(forgotten, also=runtime.handler.known_later(forgotten))
        erased = _erased(runtime.vault)
    if json:
        document(Erased(forgotten=len(forgotten), destroyed_again=again, traces_erased=erased))
    else:
        out.print(f"{len(forgotten)} forgotten in all; {again} keys destroyed again.")
    return DONE if erased else DOES_NOT_HOLD


def _traces_erased(vault: Vault) -> bool:
    return vault.traces_pending() == 0 or _erased(vault)


def _erased(vault: Vault) -> bool:
    if vault.erase_traces(WAIT_SECONDS):
        return True
    complain(
        "destroyed keys are still in the database's files; run `clienteling customers erase` later, or let us make checkpoints"
    )
    return False
