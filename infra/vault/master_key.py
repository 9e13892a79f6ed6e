"""The master key (key encryption key): wraps every data key, comes from the settings or a file of its own.

It is never in the database."""

import hashlib
import hmac
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.private_files import require_private
from infra.settings import Settings
from infra.vault.encryption import KEY_BYTES, NONCE_BYTES, SubjectKey, VaultError


class MasterKeyWrong(VaultError):
    """The master key at hand is missing, damaged, or not the one that wrapped the keys in the database."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """AES-256-GCM around each subject's key, bound to the subject's id."""

    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cipher", AESGCM(self.secret))

    @property
    def fingerprint(self) -> str:
        """What tells one master key from another without giving anything away (16 hex digits)."""
        return hmac.digest(self.secret, b"clienteling vault: fingerprint", hashlib.sha256).hex()[:16]

    def search_key(self, scope: str) -> bytes:
        """What the texts of customers are digested with, to be found by in a scope: an associate's book, or
        the whole house. The digests of two scopes have nothing in common.
        """
        own = hmac.digest(self.secret, b"clienteling vault: search key v1", hashlib.sha256)
        return hmac.digest(own, scope.encode(), hashlib.sha256)

    def new_wrapped_key(self, subject_id: str) -> bytes:
        """A new random key for a subject, wrapped: nonce, ciphertext and tag, 60 bytes."""
        return self.wrap(SubjectKey(subject_id, os.urandom(KEY_BYTES)))

    def wrap(self, key: SubjectKey) -> bytes:
        """A subject's key as it is stored."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key.secret, key.subject_id.encode())

    def unwrap(self, subject_id: str, wrapped: bytes) -> SubjectKey:
        """A stored key, unwrapped. Raises MasterKeyWrong when this key did not wrap it for this subject."""
        try:
            secret = self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject_id.encode())
        except InvalidTag:
            raise MasterKeyWrong(
                f"the stored key of {subject_id} does not open with this master key"
            ) from None
        return SubjectKey(subject_id, secret)


def key_file_of(settings: Settings) -> Path:
    """Where the master key is kept when the settings do not give it."""
    return settings.data_dir / "vault" / "master.key"


def load_master_key(settings: Settings, *, may_make: bool) -> MasterKey:
    """The master key from the settings, else from its file, which is made when missing and `may_make`.

    Raises MasterKeyWrong when there is none and none may be made, or when the file is damaged or not to be
    read.
    """
    if settings.vault_key is not None:
        return MasterKey(settings.vault_key)
    file = key_file_of(settings)
    try:
        if not file.exists():
            if not may_make:
                raise MasterKeyWrong(
                    f"{file} is missing, but the database has keys that it wrapped; put it back from its "
                    f"backup or set "
                    "CLIENTELING_VAULT_KEY"
                )
            write_key(file, os.urandom(KEY_BYTES))
        if file.is_file():
            require_private(file)
        secret = file.read_bytes()
    except OSError as error:
        raise MasterKeyWrong(f"the master key in {file} cannot be had: {error.strerror}") from error
    if len(secret) != KEY_BYTES:
        raise MasterKeyWrong(
            f"{file} has {len(secret)} bytes instead of {KEY_BYTES}; put it back from its backup"
        )
    return MasterKey(secret)


def write_key(file: Path, secret: bytes) -> None:
    """Write a key to a file of its owner's alone, all of it or nothing; a file that is there already
    stays.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, beside = tempfile.mkstemp(dir=file.parent)
    try:
        os.write(descriptor, secret)
        os.fsync(descriptor)
        # A link, not a rename: of several processes that make one at once the first stays, and nobody loses a
        # key.
        with suppress(FileExistsError):
            os.link(beside, file)
    finally:
        os.close(descriptor)
        Path(beside).unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
