"""What reactions work with: the log, its only writer, the key store and the tables that people read."""

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from domain.messages import Command, Refused
from infra.clock import SYSTEM_CLOCK, Clock
from infra.event_store.command_context import CommandContext
from infra.event_store.handler import CommandHandler
from infra.event_store.log import EventLog
from infra.event_store.session import open_session
from infra.postgres import sync_pool
from infra.reaction_store.catalog import ensure_reactions
from infra.settings import Settings
from infra.vault import Vault
from projections.associate_directory.queries import WORKS_HERE
from projections.clientele_book.fold import PROJECTION as CLIENTELE_BOOK
from projections.clientele_book.page import CustomerPage
from services.reactions.keyed_commands import DONE_OTHERWISE, KeyedCommand, NotFollowed

#: The reactions follow one event each at a time; the handler has a pool of its own.
CONNECTIONS_MAX = 4
#: What one run needs again is read again; the reactions run beside everything else.
STATES_REMEMBERED_MAX = 10_000


class Stopping(Exception):
    """The service is told to stop; what was committed stays, the rest is done after the next start."""


@dataclass(frozen=True)
class ReactionContext:
    """Used by threads. `stopping` is looked at between commits."""

    settings: Settings
    log: EventLog
    vault: Vault
    handler: CommandHandler
    tables: Any
    clock: Clock = SYSTEM_CLOCK
    stopping: threading.Event = field(default_factory=threading.Event)

    def do(
        self,
        commands: Iterable[KeyedCommand],
        given_by: CommandContext,
        *,
        done_otherwise: frozenset[str] = frozenset(),
        commit_commands_max: int | None = None,
    ) -> None:
        """Hand the commands over, some in each commit; those that were answered before are passed over.

        Refusals whose code is in `done_otherwise` are as good as done; all others raise NotFollowed at the
        end.
        """
        refusals: list[tuple[Command, Refused]] = []
        size = commit_commands_max or self.settings.reactions_commit_commands_max
        remaining = iter(commands)
        while batch := list(islice(remaining, size)):
            if self.stopping.is_set():
                raise Stopping
            known = self.handler.known_keys([key for key, _ in batch])
            new = [(command, key) for key, command in batch if key not in known]
            outcomes = self.handler.handle_many(new, given_by) if new else []
            for (command, _), outcome in zip(new, outcomes, strict=True):
                if isinstance(outcome, Refused) and outcome.code not in DONE_OTHERWISE | done_otherwise:
                    refusals.append((command, outcome))
        if refusals:
            raise NotFollowed(refusals)

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query on the tables of the projections."""
        with self.tables.connection() as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def pages(self, query: str, **parameters: Any) -> list[CustomerPage]:
        """The pages of the clientele book that a query finds (key, position, state)."""
        return [CLIENTELE_BOOK.decode(row[2]) for row in self.rows(query, **parameters)]

    def works_here(self, associate_id: str) -> bool:
        """Whether somebody was hired and has not said that they leave."""
        return bool(self.rows(WORKS_HERE, associate_id=associate_id))


@contextmanager
def open_reactions(
    settings: Settings, database_url: str, *, clock: Clock = SYSTEM_CLOCK
) -> Generator[ReactionContext]:
    """The house on this database; everything is closed at the end."""
    ensure_reactions(settings, database_url)
    with (
        sync_pool(settings, database_url, name="reactions", size_max=CONNECTIONS_MAX) as tables,
        open_session(
            settings, database_url, tables, clock=clock, states_max=STATES_REMEMBERED_MAX
        ) as writing,
    ):
        yield ReactionContext(settings, *writing, tables, clock)
