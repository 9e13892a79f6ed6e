"""Batch behind batch: while one is appended, the next is a speculative decision on its pending states."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from eventsourcing.persistence import IntegrityError

from domain.messages import Refused
from infra.event_store.command_processor import CommandProcessor, Outcome
from infra.event_store.decided_batch import DecidedBatch, KeyedCommand


def process_batches(
    processor: CommandProcessor, batches: Iterable[Sequence[KeyedCommand]]
) -> Iterator[list[Outcome]]:
    """The outcomes of batch after batch, one commit each. Batches are taken one ahead of the outcomes.

    The outcomes of a batch come before the next one is appended, so whoever stops there leaves it unwritten.
    """
    with ThreadPoolExecutor(1, "append") as appender:
        before: DecidedBatch | None = None
        appending: Future[list[int]] = Future()
        for commands in batches:
            if before is None:
                batch = processor.decide(commands)
            else:
                batch = _decide_behind(processor, before, appending, commands)
                outcomes, came_true = _outcomes(processor, before, appending)
                yield outcomes
                if not came_true or any(isinstance(outcome, Refused) for outcome in batch.outcomes):
                    batch = processor.decide(commands)
            before, appending = batch, appender.submit(processor.append, batch)
        if before is not None:
            yield _outcomes(processor, before, appending)[0]


def _decide_behind(
    processor: CommandProcessor,
    before: DecidedBatch,
    appending: Future[list[int]],
    commands: Sequence[KeyedCommand],
) -> DecidedBatch:
    if before.erased_subjects or any(key in before.decided for _, key, _ in commands):
        # Until the data key of an erased subject is destroyed, texts would be encrypted with it; and a
        # command that comes again gets its result from the log.
        wait([appending])
    return processor.decide_speculatively(commands, before)


def _outcomes(
    processor: CommandProcessor, batch: DecidedBatch, appending: Future[list[int]]
) -> tuple[list[Outcome], bool]:
    """The outcomes of a batch, and whether what was appended is what had been decided first."""
    try:
        return processor.finish(batch, appending.result()), True
    except IntegrityError:
        return processor.process(batch.commands), False
