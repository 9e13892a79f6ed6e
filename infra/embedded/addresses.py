"""Where embedded servers are now: one that was started again may be elsewhere than when a process began."""

from typing import NamedTuple

from infra.embedded.nats_server import NatsServer
from infra.embedded.server_processes import EmbeddedServerError
from infra.settings import Settings


class NatsAddress(NamedTuple):
    """The servers to connect to, and the name that an embedded one tells; None: any."""

    urls: list[str]
    name: str | None = None


def nats_address(settings: Settings, nats_url: str) -> NatsAddress:
    """Where NATS is now.

    `nats_url`: where it was when the process began, and still is unless it is embedded.
    """
    if settings.nats_url is None:
        server = NatsServer(settings.data_dir.absolute() / "embedded" / "nats")
        try:
            return NatsAddress([server.url], server.name)
        except EmbeddedServerError:
            pass
    return NatsAddress([part.strip() for part in nats_url.split(",")])
