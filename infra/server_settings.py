"""The settings that say where PostgreSQL and NATS are, and the vault's key; the first of `infra.settings`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from infra.setting_rules import between, existing, key_of_32_bytes, server_url

#: PostgreSQL as one of the roles in `infra.postgres.roles`.
RoleAddress = Annotated[
    str, server_url("postgresql", "postgres", default="the address in `CLIENTELING_DATABASE_URL`")
]


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Where the servers are, and how they are let in."""

    database_url: (
        Annotated[
            str, server_url("postgresql", "postgres", default="an embedded PostgreSQL in the data directory")
        ]
        | None
    ) = field(default=None, repr=False)
    """PostgreSQL that holds the log, the key store and the projections, as their owner. Services that have an
    address of their own do not need it."""
    database_writer_url: RoleAddress | None = field(default=None, repr=False)
    """The same for the role `clienteling_writer`: commands of the API, and the reactions."""
    database_reader_url: RoleAddress | None = field(default=None, repr=False)
    """The same for the role `clienteling_reader`: reads of the API."""
    database_relay_url: RoleAddress | None = field(default=None, repr=False)
    """The same for the role `clienteling_relay`."""
    database_projector_url: RoleAddress | None = field(default=None, repr=False)
    """The same for the role `clienteling_projector`."""
    database_webhooks_url: RoleAddress | None = field(default=None, repr=False)
    """The same for the role `clienteling_webhooks`."""
    nats_url: (
        Annotated[
            str,
            server_url("nats", "tls", "ws", "wss", default="an embedded NATS server in the data directory"),
        ]
        | None
    ) = field(default=None, repr=False)
    """NATS with JetStream that carries the stream; several servers are separated by commas."""
    nats_credentials: (
        Annotated[
            Path,
            existing(
                "a key file, or of the folder that `clienteling nats configure` wrote,",
                default="none; the embedded NATS server has keys of its own in the data directory",
            ),
        ]
        | None
    ) = field(default=None, repr=False)
    """The key (seed of an nkey) with which a service connects to NATS; of a folder each service takes the key
    of its own role."""
    nats_tls_ca: (
        Annotated[Path, existing("a file of certificates", default="those that the system trusts")] | None
    ) = None
    """Certificates (PEM) that sign those of the NATS servers."""
    nats_tls_certificate: Annotated[Path, existing("a certificate", default="none")] | None = None
    """Certificate (PEM) that we show to the NATS servers."""
    nats_tls_key: Annotated[Path, existing("a key file", default="in the file of the certificate")] | None = (
        None
    )
    """Key (PEM) of that certificate."""
    vault_key: (
        Annotated[
            bytes,
            key_of_32_bytes(default="the file `vault/master.key` in the data directory, made on first use"),
        ]
        | None
    ) = field(default=None, repr=False)
    """The key that wraps every customer's key. Back it up apart from the database: without it no name can be
    read again."""
    embedded_start_seconds: Annotated[float, between(1, 3_600)] = 60
    """Longest wait for an embedded server to start, recovery included."""
    embedded_stop_seconds: Annotated[float, between(1, 3_600)] = 60
    """Longest wait for an embedded server to stop before it is killed."""
