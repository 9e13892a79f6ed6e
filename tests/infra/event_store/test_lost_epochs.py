"""Epochs that a restored database has lost are taken over from where they are noted."""

from collections.abc import Sequence

import pytest

from infra.event_store.epoch import begin_epoch, ensure_epoch, take_back_epochs
from infra.event_store.lineage import lineage_of
from infra.event_store.log import EventLog
from infra.postgres import connect
from infra.settings import Settings

NOTED = [("e1", 0), ("e2", 40), ("e3", 60)]


@pytest.mark.parametrize(
    ("noted", "had", "taken"),
    [
        (NOTED, [("e1", 0)], [("e2", 40), ("e3", 60)]),
        (NOTED, [("e1", 0), ("e2", 40)], [("e3", 60)]),
        (NOTED, NOTED, []),
        # The log was in an epoch that the stream never got to know.
        (NOTED, [("e1", 0), ("e4", 30)], [("e2", 40), ("e3", 60)]),
        # The notes begin with epochs that this log has never been in.
        ([("x", 0), *NOTED], NOTED[:2], [("e3", 60)]),
        ([("x", 0), ("y", 3)], NOTED[:1], None),
        ([], NOTED[:1], None),
    ],
)
def test_what_stands_behind_the_last_epoch_that_both_know_is_taken_in_its_order(
    settings: Settings,
    log: EventLog,
    noted: Sequence[tuple[str, int]],
    had: Sequence[tuple[str, int]],
    taken: Sequence[tuple[str, int]] | None,
) -> None:
    with connect(settings, str(settings.database_url), name="test") as connection:
        ensure_epoch(connection)
        connection.execute("DELETE FROM log_epochs")
        for number, step in enumerate(had, 1):
            connection.execute(
                "INSERT INTO log_epochs (number, epoch, common_position) VALUES (%s, %s, %s)", (number, *step)
            )
        with connection.transaction():
            names = take_back_epochs(connection, noted, 99)
            begun = begin_epoch(connection, 20)
    assert names == (None if taken is None else [epoch for epoch, _ in taken])
    with log.connection() as connection:
        steps = [(step.epoch, step.common_position) for step in lineage_of(connection).steps]
    assert steps == [*had, *(taken or []), (begun.epoch, 20)]
    assert (begun.number, begun.stamped_from) == (len(steps), 0)
