"""`clienteling events republish` and `new-epoch`: ask, fill the stream with a progress bar, show the
result.
"""

from pathlib import Path

from domain.messages import Refused
from infra import signals
from infra.messaging.reading import StreamSilent
from infra.runtime import Runtime
from projections.registry import BY_NAME
from services.cli.failure_messages import sentence_about
from services.cli.output import Output, complain, ignore, progress, remark, say
from services.cli.projections import folding_progress
from services.cli.tables import table
from services.rebuild.rebuild import rebuild
from services.recovery.epochs import StreamDivergence, begin, export_lost, find_divergence, recreate_stream
from services.recovery.republishing import NewEpoch, Republished, fill_stream, why_left_alone
from services.recovery.running_services import services_alive_of
from services.recovery.stream_check import StreamCheck, check_stream


def republished(runtime: Runtime, output: Output, *, anew: bool, yes: bool) -> Republished:
    """Compare, and fill what is missing at the end, or all of it. Raises Refused."""
    found = _check(runtime, needed=not anew)
    end = runtime.log.last_position()
    if found is not None and (why := why_left_alone(found, anew=anew)):
        complain(why)
        return _left_alone(found, end, filled=False)
    if found is not None and found.foreign and not output.json:
        remark(
            f"{found.foreign:,} messages in the stream are not from the log and are passed over, the last "
            f"one at "
            f"{found.last_foreign}" + ("" if anew else "; --anew makes a stream without them")
        )
    if anew and found is not None and found.is_the_log_up_to(end):
        remark("The stream is the log already; nothing was done.")
        return _left_alone(found, end, filled=True)
    if anew:
        if not output.confirms("Delete the stream with its consumers and fill another?", yes=yes):
            raise Refused("not_confirmed", "nothing was done: say --yes")
        signals.run(lambda: recreate_stream(runtime))
    reached = fill(runtime, quiet=output.quiet)
    return Republished(
        filled=reached >= end, stream_position=reached, log_position=end, made_anew=anew, found=found
    )


def epoch_begun(runtime: Runtime, export: Path | None, output: Output, *, yes: bool, foreign: bool) -> int:
    """Show, ask, export, begin, fill, rebuild; the exit code. Nothing is written before the answer is yes."""
    divergence = find_divergence(runtime)
    if not output.json:
        output.show(divergence, _draw)
    if why := _why_not(runtime, divergence, output, yes=yes, foreign=foreign):
        output.show(NewEpoch(divergence=divergence), ignore)
        complain(why)
        return 1
    if export is not None and (divergence.lost is not None or not export.exists()):
        # Otherwise a run that was stopped has written it, and emptied the stream.
        export_lost(runtime, export)
    begun = begin(runtime, divergence)
    end = runtime.log.last_position()
    reached = fill(runtime, quiet=output.quiet)
    rebuilt = _rebuilt(runtime, begun.other_history, quiet=output.quiet)
    words = f"Epoch {begun.epoch}: the stream holds the log up to position {reached:,}."
    document = NewEpoch(divergence=divergence, begun=begun, stream_position=reached, rebuilt=rebuilt)
    output.show(document, lambda _: say(words))
    return 0 if reached >= end and len(rebuilt) == len(begun.other_history) else 1


def _why_not(
    runtime: Runtime, divergence: StreamDivergence, output: Output, *, yes: bool, foreign: bool
) -> str | None:
    """Why no epoch is begun; None when it is to be."""
    if divergence.nothing_to_mend:
        return "the stream goes on from this log; nothing was done"
    if divergence.foreign and not foreign:
        return "nothing in the stream is of this log: is it another shop's? --foreign replaces it"
    if not output.confirms("Begin a new epoch? Every consumer begins again", yes=yes):
        return "nothing was done; --yes does it"
    if alive := services_alive_of(runtime):
        return f"nothing was done: stop every service first; these run: {', '.join(alive)}"
    return None


def fill(runtime: Runtime, *, quiet: bool = False) -> int:
    """Fill the stream with a progress bar; returns its position."""
    with progress(quiet=quiet) as bar:
        task = bar.add_task("republishing", total=runtime.log.last_position(), rate="positions")
        filled = signals.run(
            lambda: fill_stream(runtime, lambda reached: bar.update(task, completed=reached))
        )
    if filled.trouble is not None:
        complain(f"the stream does not move on: {filled.trouble}")
    return filled.position


def _left_alone(found: StreamCheck, end: int, *, filled: bool) -> Republished:
    return Republished(
        filled=filled,
        stream_position=found.stream_position,
        log_position=end,
        made_anew=False,
        found=found,
    )


def _check(runtime: Runtime, *, needed: bool) -> StreamCheck | None:
    with progress() as bar:
        task = bar.add_task("comparing", total=runtime.log.last_position(), rate="positions")
        try:
            return check_stream(runtime, lambda reached: bar.update(task, completed=reached))
        except StreamSilent as error:
            if needed:
                raise Refused("stream_unreadable", f"the stream cannot be compared: {error}") from error
            complain(f"the stream cannot be compared: {error}")
            return None


def _rebuilt(runtime: Runtime, names: list[str], *, quiet: bool) -> list[str]:
    if not names:
        return []
    with folding_progress(quiet=quiet) as on_progress:
        try:
            done = rebuild(
                runtime.settings,
                runtime.servers.database_url,
                [BY_NAME[name] for name in names if name in BY_NAME],
                on_progress,
                ignore if quiet else remark,
            )
        except Exception as error:
            if (sentence := sentence_about(error)) is None:
                raise
            complain(f"{sentence}; then run `clienteling projections rebuild {' '.join(names)}`")
            return []
    return [one.name for one in done]


def _draw(divergence: StreamDivergence) -> None:
    say(
        f"The log ends at position {divergence.log_position:,} (epoch {divergence.log_epoch}), "
        f"the stream at {divergence.stream_position:,} (epoch "
        f"{divergence.stream_epoch or 'none: it is empty'})."
    )
    say(
        f"They are the same up to position {divergence.common_position:,}; "
        f"behind it the log has {divergence.log_alone:,} events of its own."
    )
    if divergence.foreign_messages:
        say(f"{divergence.foreign_messages:,} messages in the stream are nobody's and are passed over.")
    lost = divergence.lost
    if lost is None:
        say("The stream holds nothing that the log has not.")
        return
    say(
        f"The stream holds {lost.count:,} events that the log has lost: positions {lost.first_position:,} to "
        f"{lost.last_position:,}, of {lost.first_occurred_at} to {lost.last_occurred_at}."
    )
    table("", ("topic", ("events", "right")), lost.topics.items())
