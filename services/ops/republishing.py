"""Filling the stream from the log by a relay of our own, beside the one that may be running; whoever is first wins."""

import asyncio
import time
from pathlib import Path
from typing import Final

import msgspec

from domain.messages import Refused
from infra import signals
from infra.messaging.reading import StreamSilent
from infra.postgres import LockHeld
from projections.registry import BY_NAME
from services.ops.alive import services_alive_of
from services.ops.epochs import Begun, Parting, begin, export_lost, make_anew, parting_of
from services.ops.output import agreed, complain, document, err, out, progress, remark, table
from services.ops.shop import Shop
from services.ops.stream_check import Checked, checked
from services.projector.rebuild.parts import Poison
from services.projector.rebuild.rebuild import rebuild
from services.projector.rebuild.sampling import GenerationWrong
from services.projector.rebuild.switching import KeysParked
from services.relay.relay import Relay
from services.relay.status import RelayStatus

POLL_SECONDS: Final = 0.1
STILL_SECONDS_MAX: Final = 20.0


class Republished(msgspec.Struct, frozen=True, kw_only=True):
    """`filled`: the stream is the log, up to `log_position`. `found` is what the comparison said before, None when there was none."""

    filled: bool
    stream_position: int
    log_position: int
    made_anew: bool
    found: Checked | None


class NewEpoch(msgspec.Struct, frozen=True, kw_only=True):
    """`parting` is how it was. Without `begun` nothing was done. `rebuilt`: projections made anew, of those that had to be."""

    parting: Parting
    begun: Begun | None = None
    stream_position: int = 0
    rebuilt: list[str] = []


def republished(shop: Shop, *, anew: bool, confirmed: bool, json: bool) -> Republished:
    """Compare, and fill what is missing at the end, or all of it. Raises Refused."""
    found = _checked(shop, needed=not anew)
    end = shop.log.last_position()
    if found is not None and (why := _why_left_alone(found, anew=anew)):
        complain(why)
        return _left_alone(found, end, filled=False)
    if found is not None and found.foreign and not json:
        remark(
            f"{found.foreign:,} messages in the stream are not from the log and are passed over, the last one at "
            f"{found.last_foreign}" + ("" if anew else "; --anew makes a stream without them")
        )
    if anew and found is not None and found.is_the_log_up_to(end):
        remark("The stream is the log already; nothing was done.")
        return _left_alone(found, end, filled=True)
    if anew:
        if not (confirmed or (not json and agreed("Delete the stream with its consumers and fill another?"))):
            raise Refused("not_confirmed", "nothing was done: say --yes")
        signals.run(lambda: make_anew(shop))
    reached = signals.run(lambda: fill(shop, quiet=json and not err.is_terminal))
    return Republished(
        filled=reached >= end, stream_position=reached, log_position=end, made_anew=anew, found=found
    )


def epoch_begun(shop: Shop, export: Path | None, *, confirmed: bool, foreign: bool, json: bool) -> int:
    """Show, ask, export, begin, fill, rebuild; the exit code. Nothing is written before the answer is yes."""
    if export is not None and export.exists():
        raise Refused("file_exists", f"{export} exists already; name another file", "--export")
    parting = parting_of(shop)
    if not json:
        _show(parting)
    if parting.nothing_to_mend:
        if json:
            document(NewEpoch(parting=parting))
        complain("the stream goes on from this log; nothing was done")
        return 1
    if parting.foreign and not foreign:
        if json:
            document(NewEpoch(parting=parting))
        complain("nothing in the stream is of this log: is it another shop's? --foreign replaces it")
        return 1
    if not (confirmed or (not json and agreed("Begin a new epoch? Every consumer begins again"))):
        if json:
            document(NewEpoch(parting=parting))
        complain("nothing was done; --yes does it")
        return 1
    if alive := services_alive_of(shop):
        if json:
            document(NewEpoch(parting=parting))
        complain(f"nothing was done: stop every service first; these run: {', '.join(alive)}")
        return 1
    if export is not None:
        export_lost(shop, export)
    begun = begin(shop, parting)
    end = shop.log.last_position()
    quiet = json and not err.is_terminal
    reached = signals.run(lambda: fill(shop, quiet=quiet))
    rebuilt = _rebuilt(shop, begun.other_history, quiet=quiet)
    if json:
        document(NewEpoch(parting=parting, begun=begun, stream_position=reached, rebuilt=rebuilt))
    else:
        out.print(f"Epoch {begun.epoch}: the stream holds the log up to position {reached:,}.")
    return 0 if reached >= end and len(rebuilt) == len(begun.other_history) else 1


async def fill(shop: Shop, *, quiet: bool = False) -> int:
    """Carry until the stream holds what the log holds now; up to which position it does."""
    status = RelayStatus(stalled_seconds=shop.settings.relay_stalled_seconds)
    stop = asyncio.Event()
    end = shop.log.last_position()
    carrying = asyncio.create_task(
        Relay(shop.settings, shop.servers.database_url, shop.servers.nats_url, status).run(stop)
    )
    with progress(quiet=quiet) as bar:
        task = bar.add_task("republishing", total=end, rate="positions")
        still_since = time.monotonic()
        while not carrying.done() and (status.position < end or status.doing == "starting"):
            before = status.position
            await asyncio.sleep(POLL_SECONDS)
            bar.update(task, completed=status.position)
            if status.position != before:
                still_since = time.monotonic()
            elif status.doing == "refusing" or time.monotonic() - still_since > STILL_SECONDS_MAX:
                complain(f"the stream does not move on: {status.last_error or 'no reason is known'}")
                break
    stop.set()
    await asyncio.gather(carrying, return_exceptions=True)
    return status.position


def _left_alone(found: Checked, end: int, *, filled: bool) -> Republished:
    return Republished(
        filled=filled,
        stream_position=found.stream_position,
        log_position=end,
        made_anew=False,
        found=found,
    )


def _why_left_alone(found: Checked, *, anew: bool) -> str | None:
    if found.another_shops:
        return (
            "the stream belongs to another log: is it another shop's? "
            "`clienteling events new-epoch --foreign` replaces it"
        )
    if found.lost:
        return (
            f"the stream has {found.lost:,} facts that the log does not have, the first one at position "
            f"{found.first_lost}; was the log set back? See `clienteling events new-epoch`"
        )
    if found.missing and not anew:
        return (
            f"{found.missing:,} facts are missing in the middle of the stream, the first one at position "
            f"{found.first_missing}; nothing can be put in between, so it has to be filled --anew"
        )
    return None


def _checked(shop: Shop, *, needed: bool) -> Checked | None:
    with progress() as bar:
        task = bar.add_task("comparing", total=shop.log.last_position(), rate="positions")
        try:
            return checked(shop, lambda reached: bar.update(task, completed=reached))
        except StreamSilent as error:
            if needed:
                raise Refused("stream_unreadable", f"the stream cannot be compared: {error}") from error
            complain(f"the stream cannot be compared: {error}")
            return None


def _rebuilt(shop: Shop, names: list[str], *, quiet: bool) -> list[str]:
    if not names:
        return []
    with progress(quiet=quiet) as bar:
        task = bar.add_task("folding history", total=None, rate="positions")
        try:
            done = rebuild(
                shop.settings,
                shop.servers.database_url,
                [BY_NAME[name] for name in names if name in BY_NAME],
                lambda reached, in_all: bar.update(task, completed=reached, total=in_all),
                (lambda _message: None) if quiet else remark,
            )
        except (LockHeld, Poison, GenerationWrong, KeysParked) as error:
            complain(f"{error}; then run `clienteling projections rebuild {' '.join(names)}`")
            return []
    return [one.name for one in done]


def _show(parting: Parting) -> None:
    out.print(
        f"The log ends at position {parting.log_position:,} (epoch {parting.log_epoch}), "
        f"the stream at {parting.stream_position:,} (epoch {parting.stream_epoch or 'none: it is empty'})."
    )
    out.print(
        f"They are the same up to position {parting.common_position:,}; "
        f"behind it the log has {parting.log_alone:,} facts of its own."
    )
    if parting.foreign_messages:
        out.print(f"{parting.foreign_messages:,} messages in the stream are nobody's and are passed over.")
    lost = parting.lost
    if lost is None:
        out.print("The stream holds nothing that the log has not.")
        return
    out.print(
        f"The stream holds {lost.count:,} facts that the log has lost: positions {lost.first_position:,} to "
        f"{lost.last_position:,}, of {lost.first_occurred_at} to {lost.last_occurred_at}."
    )
    table("", ("topic", ("facts", "right")), lost.topics.items())
