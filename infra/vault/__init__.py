"""Crypto-shredding: encrypt and decrypt personal data with a data key per data subject.

Erasure destroys the key, and with it everything that it encrypted, everywhere at once.

with connect(settings, database_url, name="start") as connection:
    master = prepare_vault(settings, connection)
vault = Vault(pool, master)
token = vault.encrypt(customer_id, "name", "Mrs. Haversham")
vault.decrypt(token)
"""

from infra.vault.encryption import DecryptionFailed, KeyMissing, SubjectForgotten, VaultError
from infra.vault.keys import KEYS_JSON, SubjectKeys, opened_by
from infra.vault.master_key import MasterKey, MasterKeyWrong, load_master_key
from infra.vault.vault import AsyncVault, Vault, prepare_vault

__all__ = [
    "KEYS_JSON",
    "AsyncVault",
    "DecryptionFailed",
    "KeyMissing",
    "MasterKey",
    "MasterKeyWrong",
    "SubjectForgotten",
    "SubjectKeys",
    "Vault",
    "VaultError",
    "load_master_key",
    "opened_by",
    "prepare_vault",
]
