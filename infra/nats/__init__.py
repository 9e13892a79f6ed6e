"""Who may do what on NATS: a key for each role, and the accounts and permissions that the server enforces."""

from infra.nats.accounts import API_DOMAIN, HOUSE, NatsRole, accounts_config, inbox_of
from infra.nats.key_files import (
    NatsKeyUnusable,
    named_consumers,
    named_stores,
    nats_key_file,
    nats_key_of,
    tls_context,
    write_accounts,
)
from infra.nats.nkeys import UserKey

__all__ = [
    "API_DOMAIN",
    "HOUSE",
    "NatsKeyUnusable",
    "NatsRole",
    "UserKey",
    "accounts_config",
    "inbox_of",
    "named_consumers",
    "named_stores",
    "nats_key_file",
    "nats_key_of",
    "tls_context",
    "write_accounts",
]
