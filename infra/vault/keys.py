"""The keys of subjects in the table `vault.keys`: fetched with every piece of work, made when missing,
destroyed for ever.

No key in the clear outlives the piece of work that fetched it, so a destroyed key is gone for every process
in the moment its row changes. Unwrapping takes a few microseconds: there is nothing to gain from remembering.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from infra.vault.encryption import KeyMissing, SubjectForgotten, SubjectKey, Token, parse
from infra.vault.master_key import MasterKey, MasterKeyWrong

_SELECT: Final = b"SELECT subject_id, wrapped_key FROM vault.keys WHERE subject_id = ANY(%b)"
_SOME: Final = b"SELECT subject_id, wrapped_key FROM vault.keys WHERE wrapped_key IS NOT NULL LIMIT %s"
_INSERT: Final = (
    b"INSERT INTO vault.keys (subject_id, wrapped_key) SELECT * FROM unnest(%b::text[], %b::bytea[]) "
    b"WHERE (SELECT fingerprint FROM vault.master_key) = %s ON CONFLICT (subject_id) DO NOTHING"
)
_DESTROY: Final = (
    b"INSERT INTO vault.keys (subject_id, wrapped_key, destroyed_at) "
    b"SELECT subject_id, NULL, clock_timestamp() FROM unnest(%b::text[]) AS subject_id ORDER BY subject_id "
    b"ON CONFLICT (subject_id) DO UPDATE SET wrapped_key = NULL, destroyed_at = clock_timestamp() "
    b"WHERE keys.destroyed_at IS NULL"
)

#: What they are found by goes with them.
_DROP_SEARCH_ENTRIES: Final = (
    b"WITH dropped AS (DELETE FROM vault.search_entries WHERE subject_id = ANY(%b)), "
    b"gone AS (DELETE FROM vault.blind_index_subjects WHERE subject_id = ANY(%b) RETURNING entry) "
    b"DELETE FROM vault.blind_index_entries WHERE entry IN (SELECT entry FROM gone)"
)

_DESTROY_KNOWN: Final = (
    b"UPDATE vault.keys SET wrapped_key = NULL, destroyed_at = clock_timestamp() "
    b"WHERE subject_id = ANY(%b) AND destroyed_at IS NULL"
)

#: The keys of the subjects that a query names, as one JSON text, for statements that read encrypted texts and
#: their keys at once.
KEYS_JSON: Final = (
    "(SELECT json_object_agg(subject_id, encode(wrapped_key, 'hex'))::text "
    "FROM vault.keys WHERE subject_id IN ({subjects}))"
)

Rows = Iterable[tuple[str, bytes | None]]


class SubjectKeys:
    """The keys of some subjects, as they were when they were fetched.

    To be dropped with the piece of work.
    """

    def __init__(self, master: MasterKey, rows: Rows) -> None:
        self._master = master
        self._wrapped: Mapping[str, bytes | None] = dict(rows)
        self._unwrapped: dict[str, SubjectKey] = {}

    def of(self, subject_id: str) -> SubjectKey:
        """The key of a subject. Raises KeyMissing or SubjectForgotten."""
        if (key := self._unwrapped.get(subject_id)) is not None:
            return key
        if subject_id not in self._wrapped:
            raise KeyMissing(subject_id)
        if (wrapped := self._wrapped[subject_id]) is None:
            raise SubjectForgotten(subject_id)
        return self._unwrapped.setdefault(subject_id, self._master.unwrap(subject_id, wrapped))

    def encrypt(self, subject_id: str, field: str, text: str) -> str:
        """The token of a text. Raises KeyMissing or SubjectForgotten."""
        return self.of(subject_id).encrypt(field, text)

    def decrypt(self, token: str | Token) -> str | None:
        """The text of a token; None when the key is destroyed. Raises KeyMissing or DecryptionFailed."""
        parsed = parse(token) if isinstance(token, str) else token
        try:
            return self.of(parsed.subject_id).decrypt(parsed)
        except SubjectForgotten:
            return None

    def decrypt_parts(self, subject_id: bytes, bound_to: bytes, content: bytes) -> str | None:
        """The same for a token that was found in a document. Raises KeyMissing or DecryptionFailed."""
        try:
            return self.of(subject_id.decode()).decrypt_parts(bound_to, content)
        except SubjectForgotten:
            return None

    def blind_digest(self, subject_id: str, content: bytes) -> bytes:
        """A digest that only the holder of the key can compute. Raises KeyMissing or SubjectForgotten."""
        return self.of(subject_id).blind_digest(content)


def from_json(master: MasterKey, text: str | None) -> SubjectKeys:
    """The keys out of what KEYS_JSON gives."""
    wrapped = _decode(text or "{}")
    return SubjectKeys(
        master, ((subject, None if key is None else bytes.fromhex(key)) for subject, key in wrapped.items())
    )


_decode = msgspec.json.Decoder(dict[str, str | None]).decode


def fetch(connection: Connection[Any], master: MasterKey, subject_ids: Collection[str]) -> SubjectKeys:
    """The keys of these subjects, in one statement; those without any are missing from it."""
    return SubjectKeys(master, _rows(connection, subject_ids))


async def fetch_async(
    connection: AsyncConnection[Any], master: MasterKey, subject_ids: Collection[str]
) -> SubjectKeys:
    """The keys of these subjects, in one statement; those without any are missing from it."""
    async with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(_SELECT, (list(subject_ids),))
        return SubjectKeys(master, await cursor.fetchall())


def ensure(connection: Connection[Any], master: MasterKey, subject_ids: Collection[str]) -> SubjectKeys:
    """The keys of these subjects, made where there are none: three statements at most, for thousands as for
    one.

    Raises SubjectForgotten for the first whose key was destroyed, MasterKeyWrong when another master key has
    taken over.
    """
    rows = dict(_rows(connection, subject_ids))
    missing = sorted(set(subject_ids) - rows.keys())
    if missing:
        wrapped = [master.new_wrapped_key(subject_id) for subject_id in missing]
        # In one order everywhere: two bulks with common subjects wait for one another instead of dying in a
        # deadlock.
        connection.execute(_INSERT, (missing, wrapped, master.fingerprint))
        # Another process may have been first; its keys count.
        rows.update(_rows(connection, missing))
        if len(rows) < len(set(subject_ids)):
            raise MasterKeyWrong("the master key was replaced; start this process again")
    for subject_id in subject_ids:
        if rows[subject_id] is None:
            raise SubjectForgotten(subject_id)
    return SubjectKeys(master, rows.items())


def destroy(connection: Connection[Any], subject_ids: Collection[str]) -> None:
    """Destroy the keys of subjects for ever, also when there were none; a second time changes nothing."""
    subjects = sorted(set(subject_ids))
    connection.execute(_DESTROY, (subjects,))
    # A statement of its own, after the keys' locks: it sees what was kept while it waited for them.
    connection.execute(_DROP_SEARCH_ENTRIES, (subjects, subjects))


def destroy_known(connection: Connection[Any], subject_ids: Collection[str]) -> None:
    """Destroy the keys of those among these subjects who have one."""
    connection.execute(_DESTROY_KNOWN, (list(subject_ids),))


def _rows(connection: Connection[Any], subject_ids: Collection[str]) -> Rows:
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        return cursor.execute(_SELECT, (list(subject_ids),)).fetchall()


def opened_by(connection: Connection[Any], master: MasterKey, most: int) -> int:
    """How many of some keys, at most so many, this master key opens. Raises MasterKeyWrong for the first that
    it does not.
    """
    rows = connection.execute(_SOME, (most,)).fetchall()
    for subject_id, wrapped in rows:
        master.unwrap(subject_id, wrapped)
    return len(rows)
