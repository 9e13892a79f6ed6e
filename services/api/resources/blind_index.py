"""Keeps the blind index of customers up to date with their directory (`vault.blind_index_entries`)."""

import asyncio
from typing import Final

import msgspec
import structlog

from infra.postgres.failures import is_missing_table, is_unavailable
from infra.vault.documents import decrypted, subjects_in
from projections.customer_directory.fold import CustomerRecord
from services.api.reading_process import ReadingProcess
from services.api.reading_state import ReadingState
from services.api.resources.customer_tokens import Tokens
from services.read_models.blind_index_statements import (
    ADVANCE_INDEX,
    BEGIN_INDEX,
    CHANGED_RECORDS,
    DROP_ENTRIES,
    IS_COMPLETE,
    KEEP_ENTRIES,
    LOCK_INDEX,
)

log = structlog.get_logger(__name__)

#: Records that are taken in with one commit; other reads beside the API wait for so many.
BATCH_MAX: Final = 500
LOOK_SECONDS: Final = 1.0
#: What BEGIN_INDEX begins with.
_NOTHING_YET: Final = ("", -1)


class _Changed(msgspec.Struct, frozen=True):
    """A record that has changed; `made_of` is None where nothing is left of it to be found by."""

    change_no: int
    subject_id: str
    state: CustomerRecord
    made_of: str | None


class _Entry(msgspec.Struct, frozen=True):
    """An entry as KEEP_ENTRIES takes it."""

    subject_id: str
    made_of: str | None
    tokens: list[int]


_changed = msgspec.json.Decoder(list[_Changed])


async def take_in_changes(app: ReadingState) -> bool:
    """Take the next changes of the directory into the index; whether it has to be looked for more."""
    tokens = Tokens(app.keys, app.settings)
    asked = {"made_with": tokens.made_with, "batch_max": BATCH_MAX}
    ((row,),) = await app.tables.fetch((CHANGED_RECORDS, asked))
    context, ending, reached, stored_context, stored_change_no, document = row
    stored = (stored_context, stored_change_no)
    if context is None or reached >= ending:
        return False
    changed = _changed.decode(document)
    is_last = len(changed) < BATCH_MAX
    entries = await _entries(app, tokens, changed)
    kept = {
        "subjects": [one.subject_id for one in changed],
        "entries": msgspec.json.encode(entries).decode(),
        "gone": [one.subject_id for one in changed if one.made_of is None],
        "context": context,
        "change_no": ending if is_last else changed[-1].change_no,
    }
    # Not one snapshot: what others have done while we waited for the lock has to be seen.
    async with app.entries.connection() as connection, connection.transaction():
        await connection.execute(BEGIN_INDEX)
        cursor = await connection.execute(LOCK_INDEX)
        if await cursor.fetchone() != (stored if stored[0] is not None else _NOTHING_YET):
            return True
        for statement in (KEEP_ENTRIES, DROP_ENTRIES, ADVANCE_INDEX):
            await connection.execute(statement, kept)
    return not is_last


async def keep_up(app: ReadingState, beside: ReadingProcess) -> None:
    """Follow the directory until cancelled, so that who looks somebody up need not wait."""
    made_with = Tokens(app.keys, app.settings).made_with
    while True:
        try:
            ((row,),) = await app.tables.fetch((IS_COMPLETE, {"made_with": made_with}))
            if not row[0]:
                while await beside.run(take_in_changes, app):
                    pass
        except Exception as error:
            # The next look may find the database again, or the tables made.
            if not is_unavailable(error) and not is_missing_table(error):
                log.exception("The blind index could not be kept up to date")
        await asyncio.sleep(LOOK_SECONDS)


async def _entries(app: ReadingState, tokens: Tokens, changed: list[_Changed]) -> list[_Entry]:
    keys = await app.keys.keys_of(subjects_in([one.state for one in changed]))

    def make() -> list[_Entry]:
        return [
            _Entry(one.subject_id, one.made_of, tokens.of_record(decrypted(one.state, keys.decrypt)))
            for one in changed
        ]

    return await asyncio.to_thread(make)
