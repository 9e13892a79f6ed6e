"""The vault as others use it: encryption and decryption with the keys in the database, for threads and for
coroutines.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from infra.postgres import Migrations, migrate
from infra.settings import Settings
from infra.vault import erasing, keys
from infra.vault.documents import decrypted, spliced, subjects_in, subjects_of, tokens_in
from infra.vault.encryption import parse
from infra.vault.keys import SubjectKeys
from infra.vault.master_key import MasterKey, MasterKeyWrong, load_master_key
from infra.vault.rotation import rotated_meanwhile

MIGRATIONS: Final = Migrations("vault", Path(__file__).parent / "migrations")

Document = TypeVar("Document")


def prepare_vault(settings: Settings, connection: Connection[Any]) -> MasterKey:
    """Make the vault's tables when missing, and get the master key that belongs to them.

    On first use the master key is made (unless the settings give it) and its fingerprint noted. Afterwards a
    missing or another one raises MasterKeyWrong: a new key beside old ones would lose every name without a
    word.
    """
    migrate(connection, MIGRATIONS)
    noted = _noted_fingerprint(connection)
    master = load_master_key(settings, may_make=noted is None)
    if noted is None:
        connection.execute(
            "INSERT INTO vault.master_key (fingerprint) VALUES (%s) ON CONFLICT DO NOTHING",
            (master.fingerprint,),
        )
        noted = _noted_fingerprint(connection)
    if noted is not None and noted != master.fingerprint:
        master = rotated_meanwhile(settings, noted) or master
    if noted != master.fingerprint:
        raise MasterKeyWrong(
            f"the keys in the database are wrapped by the master key {noted}, but this process was given "
            f"{master.fingerprint}; put the right one back from its backup"
        )
    return master


class Vault:
    """The vault for threads. Each call fetches the keys it needs and keeps none."""

    def __init__(self, pool: ConnectionPool[Any], master: MasterKey) -> None:
        self._pool = pool
        self._master = master

    def keys_of(self, subject_ids: Collection[str]) -> SubjectKeys:
        """The keys of these subjects, for one piece of work. One statement."""
        with self._pool.connection() as connection:
            return keys.fetch(connection, self._master, subject_ids)

    def ensure_keys(self, subject_ids: Collection[str]) -> SubjectKeys:
        """The keys of these subjects, made where missing, in bulk. Raises SubjectForgotten."""
        with self._pool.connection() as connection:
            return keys.ensure(connection, self._master, subject_ids)

    def encrypt(self, subject_id: str, field: str, text: str) -> str:
        """The token of one text; the subject's key is made when missing. Raises SubjectForgotten."""
        return self.ensure_keys([subject_id]).encrypt(subject_id, field, text)

    def blind_digest(self, subject_id: str, content: bytes) -> bytes:
        """A keyed digest of some content; the subject's key is made when missing. Raises SubjectForgotten."""
        return self.ensure_keys([subject_id]).blind_digest(subject_id, content)

    def decrypt(self, token: str) -> str | None:
        """The text of one token; None when its subject was forgotten.

        Raises DecryptionFailed or KeyMissing.
        """
        parsed = parse(token)
        return self.keys_of([parsed.subject_id]).decrypt(parsed)

    def decrypt_document(self, document: Document) -> Document:
        """The document with every encrypted text decrypted, those of forgotten subjects None. One statement.

        Bytes are taken for JSON and answered as such; objects are walked. Raises DecryptionFailed or
        KeyMissing.
        """
        subject_ids = subjects_in(document)
        return decrypted(document, self.keys_of(subject_ids).decrypt) if subject_ids else document

    def destroy(self, subject_id: str) -> None:
        """Destroy the key of a subject for ever: from now on nothing of theirs can be decrypted and
        nothing more can be encrypted.
        """
        with self._pool.connection() as connection:
            keys.destroy(connection, [subject_id])

    def destroy_on(
        self, connection: Connection[Any], subject_ids: Collection[str], *, also: Collection[str] = ()
    ) -> None:
        """The same for several in the caller's transaction, and for those of `also` who have a key; it
        holds when that commits.
        """
        keys.destroy(connection, subject_ids)
        keys.destroy_known(connection, also)

    def destroy_again(self, subject_ids: Collection[str], *, also: Collection[str] = ()) -> int:
        """The same for keys that a restored backup may have brought back; how many there were."""
        with self._pool.connection() as connection, connection.transaction():
            before = erasing.destroyed(connection)
            self.destroy_on(connection, subject_ids, also=also)
            return erasing.destroyed(connection) - before

    def traces_pending(self) -> int:
        """How many destroyed keys may still be found in the database's files."""
        with self._pool.connection() as connection:
            return erasing.pending(connection)

    def erase_traces(self, within_seconds: float) -> bool:
        """Make destroyed keys go from the database's files, too; whether that was done (see
        `infra.vault.erasing`).
        """
        with self._pool.connection() as connection:
            return erasing.erase_traces(connection, within_seconds=within_seconds)


class AsyncVault:
    """The vault for coroutines, which only read: the edge that decrypts what readers may see."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], master: MasterKey) -> None:
        self._pool = pool
        self._master = master

    async def keys_of(self, subject_ids: Collection[str]) -> SubjectKeys:
        """The keys of these subjects, for one piece of work. One statement."""
        async with self._pool.connection() as connection:
            return await keys.fetch_async(connection, self._master, subject_ids)

    async def decrypt(self, token: str) -> str | None:
        """The text of one token; None when its subject was forgotten.

        Raises DecryptionFailed or KeyMissing.
        """
        parsed = parse(token)
        return (await self.keys_of([parsed.subject_id])).decrypt(parsed)

    async def decrypt_document(self, document: Document) -> Document:
        """The document with every encrypted text decrypted, as `Vault.decrypt_document` does."""
        if isinstance(document, bytes):
            if not (tokens := tokens_in(document)):
                return document
            keys_of_all = await self.keys_of(subjects_of(tokens))
            return spliced(document, tokens, keys_of_all.decrypt_parts)  # pyright: ignore[reportReturnType] - Document is bytes here
        subject_ids = subjects_in(document)
        return decrypted(document, (await self.keys_of(subject_ids)).decrypt) if subject_ids else document

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the master key."""
        return self._master.fingerprint

    def search_key(self, scope: str) -> bytes:
        """What customers are found by in a scope (see `MasterKey.search_key`)."""
        return self._master.search_key(scope)

    def decrypt_with(self, document: bytes, keys_json: str | None) -> bytes:
        """A JSON document with every encrypted text decrypted, by the keys that `KEYS_JSON` gave in the
        statement that read it.

        Raises DecryptionFailed, or KeyMissing when the statement named too few subjects.
        """
        held = keys.from_json(self._master, keys_json)
        return spliced(document, tokens_in(document), held.decrypt_parts)


def _noted_fingerprint(connection: Connection[Any]) -> str | None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT fingerprint FROM vault.master_key").fetchone()
    return row[0] if row else None
