"""What reads work with, in whichever process they run."""

from dataclasses import dataclass
from typing import Any

from infra.clock import Clock
from infra.embedded import Servers
from infra.event_store.log import EventLog
from infra.settings import Settings
from infra.vault import AsyncVault
from services.read_models.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingState:
    """What reads work with: `log` is read for what must be seen at once, `tables` for all else; `keys`
    decrypt personal data. `entries` has connections that may write what is kept of reads.
    """

    settings: Settings
    servers: Servers
    log: EventLog
    tables: Tables
    keys: AsyncVault
    entries: Any
    clock: Clock
