"""`clienteling customers`: forgetting one, and seeing to it that nothing is left of those who were forgotten."""

from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter

from domain.customer.commands import ForgetCustomer
from domain.messages import Refused
from infra.event_store.answers import Answer
from infra.ids import new_id
from infra.vault import Vault
from services.ops.output import Json, complain, document, out
from services.ops.shop import opened_shop

app = App(name="customers", help="Customers: forget, erase.", help_format="plaintext")

DONE, DOES_NOT_HOLD = 0, 1
#: How long transactions that still see what was destroyed are waited for.
WAIT_SECONDS: Final = 30


class Forgotten(Answer, frozen=True, kw_only=True):
    """The answer to the command. `traces_erased`: no file of the database has her key any more, wrapped or not."""

    traces_erased: bool


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """How many were forgotten, for how many of them a key had to be destroyed again, and whether no file has one."""

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

    From then on her name, contact points, notes and stories cannot be read anywhere: not in the log, the stream, the tables, exports or
    backups. Money, commission and statistics stay as they are. It cannot be undone. Exit code 1: she is forgotten, but files of the
    database still have the key, because something reads the old rows; see `erase`.
    """
    with opened_shop() as shop:
        try:
            answer = shop.handler.handle(
                ForgetCustomer(customer_id=customer_id, requested_by=requested_by), new_id("cli")
            )
        except Refused as refusal:
            if refusal.code != "customer_forgotten":
                raise
            out.print("She had been forgotten before.")
            return DONE if _traces_erased(shop.vault) else DOES_NOT_HOLD
        erased = _traces_erased(shop.vault)
    if json:
        document(Forgotten(**msgspec.structs.asdict(answer), traces_erased=erased))
    else:
        out.print(f"Forgotten, at position {answer.position} of the log.")
    return DONE if erased else DOES_NOT_HOLD


@app.command
def erase(*, json: Json = False) -> int:
    """Destroy the keys of everybody whom the log says was forgotten, and what is left of them in the database's files.

    Forgetting does that by itself. Run it after a backup of the key store was restored that is older than the log: it
    brings back keys that had been destroyed. Exit code 1: something else still reads the old rows; run it again.
    """
    with opened_shop() as shop:
        forgotten = shop.log.customers_forgotten()
        again = shop.vault.destroy_again(forgotten, also=shop.handler.known_later(forgotten))
        erased = _erased(shop.vault)
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
