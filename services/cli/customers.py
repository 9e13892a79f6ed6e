"""`clienteling customers`: forget, redact, erase."""

from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from domain.customer.commands import ForgetCustomer
from domain.messages import Refused
from infra.event_store.command_context import context_of_command_line
from infra.event_store.command_results import CommandResult
from infra.ids import new_id
from infra.runtime import Runtime, open_runtime
from services.cli.output import Output, complain, counted, say
from services.recovery import erasure

app = App(name="customers", help_format="plaintext")


class Forgotten(CommandResult, frozen=True, kw_only=True):
    """The answer to the command.

    `traces_erased`: no file of the database has the customer's key any more, wrapped or not.
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
    output: Output = Output(),
) -> int:
    """Erase a person: their data key is destroyed in the same commit as the event that says so.

    From then on their name, contact points, notes and stories cannot be read
    anywhere: not in the log, the stream, the tables, exports or backups. Money,
    commission and statistics stay as they are. It cannot be undone. Exit code 1:
    they are forgotten, but files of the database still have the key, because
    something reads the old rows; see `erase`.

    For example:

        clienteling customers forget cus_... --requested-by "letter 17"
    """
    with open_runtime() as runtime:
        answer, words = _forget(runtime, ForgetCustomer(customer_id=customer_id, requested_by=requested_by))
        erased = erasure.traces_erased(runtime.vault)
    document = Forgotten(**msgspec.structs.asdict(answer), traces_erased=erased)
    return _shown(document, words, output, erased=erased)


@app.command
def redact(
    about: Annotated[str, Parameter(help="The sale, return or heroic act: sal_..., ret_... or act_...")],
    *,
    output: Output = Output(),
) -> int:
    """Destroy the texts of a sale, a return or a heroic act without a known customer.

    They are encrypted with a data key of their own, because there is no customer
    whose key could do it; it is destroyed. Heroes, kinds, costs and amounts stay.
    Texts about a customer who has a record go when the customer is forgotten. It is
    no event of the log: after an older backup of the key store was restored, do it
    again. Exit code 1: nothing was destroyed, or files still have the key (see
    `erase`).

    For example:

        clienteling customers redact act_...
    """
    with open_runtime() as runtime:
        subjects = erasure.destroy_texts(runtime, about)
        erased = erasure.traces_erased(runtime.vault)
    words = f"The texts encrypted under {', '.join(subjects)} cannot be read any more."
    return _shown(Redacted(subjects=subjects, traces_erased=erased), words, output, erased=erased)


@app.command
def erase(*, output: Output = Output()) -> int:
    """Destroy the data keys of all forgotten customers, and what is left of them in the database's files.

    Forgetting does that by itself. Run it after a backup of the key store was
    restored that is older than the log: it brings back keys that had been
    destroyed. Exit code 1: something else still reads the old rows; run it again.

    For example:

        clienteling customers erase
    """
    with open_runtime() as runtime:
        forgotten, again = erasure.destroy_keys_again(runtime)
        erased = runtime.vault.erase_traces(erasure.WAIT_SECONDS)
    words = f"{counted(forgotten, 'customer')} forgotten in all; {counted(again, 'key')} destroyed again."
    document = Erased(forgotten=forgotten, destroyed_again=again, traces_erased=erased)
    return _shown(document, words, output, erased=erased)


def _forget(runtime: Runtime, command: ForgetCustomer) -> tuple[CommandResult, str]:
    try:
        answer = runtime.handler.handle(command, new_id("cli"), context_of_command_line())
    except Refused as refusal:
        if refusal.code != "customer_forgotten":
            raise
        before = CommandResult(ids={}, events=(), position=runtime.log.last_position(), replayed=True)
        return before, "They had been forgotten before."
    return answer, f"Forgotten, at position {answer.position} of the log."


def _shown(document: object, words: str, output: Output, *, erased: bool) -> int:
    output.show(document, lambda _: say(words))
    if not erased:
        complain(
            "destroyed keys are still in the database's files; run `clienteling customers erase` later, "
            "let us make checkpoints, or receive the write-ahead log (`clienteling backup wal`)"
        )
    return 0 if erased else 1
