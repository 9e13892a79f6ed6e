"""`clienteling vault`: the keys that names are sealed with."""

import msgspec
from cyclopts import App

from infra.embedded import ensure_servers
from infra.postgres import connect
from infra.settings import Settings
from infra.vault import prepare_vault
from infra.vault.rotation import rotate as rotate_master_key
from services.cli.output import Output, counted, say

app = App(name="vault", help_format="plaintext")


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys the new master key wraps."""

    keys: int


@app.command
def rotate(*, output: Output = Output()) -> int:
    """Make a new master key, wrap every key with it and destroy the old one. Stop every service first.

    Afterwards no backup of the key store from before opens a name, unless somebody
    also kept the old master key: the way to let forgetting reach backups. Make new
    backups of both right away. A crash at any moment loses nothing.

    For example:

        clienteling vault rotate
    """
    settings = Settings.from_env()
    with (
        ensure_servers(settings, nats=False) as servers,
        connect(settings, servers.database_url, name="vault rotate") as connection,
    ):
        prepare_vault(settings, connection)
        keys = rotate_master_key(settings, connection)
    words = f"A new master key wraps {counted(keys, 'key')}. Back up the key store and the master key now."
    output.show(Rotated(keys=keys), lambda _: say(words))
    return 0
