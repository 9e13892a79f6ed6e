"""`clienteling nats`: who may do what on NATS."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from infra.embedded import ensure_servers
from infra.nats import NatsKeyUnusable, NatsRole, write_accounts
from infra.settings import Settings
from services.cli.output import Output, WrongUsage, say

app = App(name="nats", help_format="plaintext")


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: `folder` has a key for each of `roles`, `consumers` and `stores`, and
    `accounts.conf`.
    """

    folder: str
    roles: list[str]
    consumers: list[str]
    stores: list[str]


@app.command
def configure(
    *,
    consumer: Annotated[
        list[str] | None,
        Parameter(help="Who has a durable of their own; several times for several."),
    ] = None,
    store: Annotated[
        list[str] | None,
        Parameter(help="A store that sends commands, by its id; several times for several."),
    ] = None,
    to: Annotated[Path | None, Parameter(help="The folder, where NATS is not the embedded one.")] = None,
    output: Output = Output(),
) -> int:
    """Write keys and permissions for our services, these consumers and stores, and for no others.

    The embedded server takes them in at once. For a server of your own the folder
    (of CLIENTELING_NATS_CREDENTIALS, or --to) gets `accounts.conf`, which its
    configuration has to include; reload it then. The relay makes each consumer's
    durable. Move a consumer's key NAME.nk to its owner; it is not made again while
    its other half is in the folder `public`. A name that is left out loses access.

    For example:

        clienteling nats configure --consumer billing --consumer web
        clienteling nats configure --consumer billing --store downtown
    """
    settings = Settings.from_env()
    names, stores = sorted(set(consumer or [])), sorted(set(store or []))
    try:
        folder = _configured(settings, names, stores, to)
    except NatsKeyUnusable as error:
        raise WrongUsage(str(error)) from None
    configured = Configured(folder=str(folder), roles=[*NatsRole], consumers=names, stores=stores)
    output.show(configured, _draw)
    return 0


def _configured(settings: Settings, names: list[str], stores: list[str], to: Path | None) -> Path:
    if settings.nats_url is None and to is None:
        servers = ensure_servers(settings)
        with servers:
            servers.nats.configure(names, stores)
        return servers.nats.keys
    folder = to or settings.nats_credentials
    if folder is None or folder.is_file():
        raise WrongUsage("say with --to which folder is to hold the keys and accounts of your NATS server")
    write_accounts(folder.absolute(), names, stores)
    return folder.absolute()


def _draw(configured: Configured) -> None:
    say(f"folder     {configured.folder}")
    say(f"roles      {', '.join(configured.roles)}")
    say(f"consumers  {', '.join(configured.consumers) or 'none'}")
    say(f"stores     {', '.join(configured.stores) or 'none'}")
