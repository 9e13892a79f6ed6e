"""The files of NATS keys: a folder with one seed for each role and named consumer, and the server's accounts.

`clienteling nats configure` writes it, and so does every start of the embedded server. The names of consumers
and of stores stand in the files `consumers` and `stores`, a line each: a key may have moved to its owner's
machine.
"""

import os
import re
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from infra.messaging.subjects import STOCK_ARRIVALS
from infra.nats.accounts import HOUSE, NatsRole, accounts_config
from infra.nats.nkeys import NotAUserSeed, UserKey, new_seed, user_key
from infra.private_files import require_private, write_private
from infra.settings import Settings

#: Included by the configuration of a server.
ACCOUNTS: Final = "accounts.conf"
_CONSUMERS: Final = "consumers"
_STORES: Final = "stores"
_PUBLIC_KEYS: Final = "public"
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_RESERVED: Final = frozenset(NatsRole) | {HOUSE.lower(), STOCK_ARRIVALS}


class NatsKeyUnusable(ValueError):
    """A key file is missing, cannot be read or holds no key; or a consumer's name cannot be used."""


def keys_folder_of(settings: Settings) -> Path | None:
    """The folder of keys: the embedded server's, or what the settings name; None where a file is named, or
    nothing.
    """
    if settings.nats_url is None:
        return settings.data_dir.absolute() / "embedded" / "nats" / "keys"
    given = settings.nats_credentials
    return given if given is not None and given.is_dir() else None


def nats_key_file(settings: Settings, role: str) -> Path | None:
    """The file of the key that a role connects with; None: without one."""
    folder = keys_folder_of(settings)
    return settings.nats_credentials if folder is None else folder / f"{role}.nk"


def nats_key_of(settings: Settings, role: str) -> UserKey | None:
    """The key that a role connects with; None where the settings name none.

    Raises NatsKeyUnusable, or FileOpenToOthers.
    """
    file = nats_key_file(settings, role)
    return None if file is None else _key_in(file)


def named_consumers(settings: Settings) -> list[str]:
    """The consumers that others were given; told by the file beside the keys."""
    return _named(settings, _CONSUMERS)


def named_stores(settings: Settings) -> list[str]:
    """The stores that send commands; told by the file beside the keys."""
    return _named(settings, _STORES)


def write_accounts(
    folder: Path, consumers: Iterable[str] | None = None, stores: Iterable[str] | None = None
) -> bool:
    """Write the accounts for these consumers and stores (None: those of before); whether they changed.

    A key that is missing is made, unless its public half is known: then its owner has taken it away. Raises
    NatsKeyUnusable.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = _names_in(folder, _CONSUMERS) if consumers is None else sorted(set(consumers))
    sending = _names_in(folder, _STORES) if stores is None else sorted(set(stores))
    for name in (*names, *sending):
        if not _NAME.fullmatch(name) or name in _RESERVED or (name in names and name in sending):
            raise NatsKeyUnusable(
                f"{name!r} cannot be the name of a consumer or a store: small letters, digits, - and _, at "
                "most 40 of them, none of our own names, and not both"
            )
    public_keys = {name: _public_key(folder, name) for name in [*NatsRole, *names, *sending]}
    config = accounts_config(public_keys, names, sending)
    before = folder / ACCOUNTS
    changed = not before.exists() or before.read_text() != config
    if changed:
        for file, listed in ((_CONSUMERS, names), (_STORES, sending)):
            write_private(folder / file, "".join(f"{name}\n" for name in listed))
        write_private(before, config)
    return changed


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The encryption of connections to NATS by certificates of the settings; None: as the address says."""
    if settings.nats_tls_ca is None and settings.nats_tls_certificate is None:
        return None
    context = ssl.create_default_context(cafile=settings.nats_tls_ca)
    if settings.nats_tls_certificate is not None:
        context.load_cert_chain(settings.nats_tls_certificate, settings.nats_tls_key)
    return context


def _named(settings: Settings, file: str) -> list[str]:
    folder = keys_folder_of(settings)
    if folder is None and settings.nats_credentials is not None:
        folder = settings.nats_credentials.parent
    return [] if folder is None else _names_in(folder, file)


def _names_in(folder: Path, file: str) -> list[str]:
    try:
        return sorted((folder / file).read_text().split())
    except FileNotFoundError:
        return []


def _public_key(folder: Path, name: str) -> str:
    public, file = folder / _PUBLIC_KEYS / name, folder / f"{name}.nk"
    if not file.exists() and public.exists():
        return public.read_text().strip()
    if not file.exists():
        write_private(file, new_seed() + "\n")
    key = _key_in(file).public
    public.parent.mkdir(exist_ok=True, mode=0o700)
    write_private(public, key + "\n")
    return key


def _key_in(file: Path) -> UserKey:
    require_private(file)
    try:
        return user_key(file.read_text())
    except OSError as error:
        raise NatsKeyUnusable(f"the NATS key {os.fspath(file)} cannot be read: {error.strerror}") from None
    except (NotAUserSeed, UnicodeDecodeError):
        raise NatsKeyUnusable(f"the NATS key {os.fspath(file)} holds no seed of a NATS user") from None
