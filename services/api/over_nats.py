"""Commands over NATS: the same commands, keys, rights and answers as over HTTP, for who may lose the link.

A sender is a store, with a key of its own on NATS; the server's configuration says which (`infra.nats`). It
may do what a till of this store may (`point_of_sale` in permissions.toml). Its commands are handled one after
the other. Each is answered on the store's subject of answers, and acknowledged then.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from domain.decide import COMMANDS as COMMAND_CLASSES
from domain.ids import derived_id
from infra.event_store.command_context import context_of
from infra.ids import new_traceparent
from infra.messaging.answers import ensure_answers, publish_answer
from infra.messaging.batches import Batches
from infra.messaging.broker import StreamBroker, stream_broker
from infra.messaging.commands import IDEMPOTENCY_KEY, RETRIED, SENT, ensure_commands, ensure_sender
from infra.messaging.headers import encoded, headers_of
from infra.messaging.pulls import Delivered
from infra.messaging.subjects import COMMANDS, command_of, commands_of
from infra.nats import NatsRole, named_stores
from infra.reaction_store.dead_letters import remove_dead_letter
from infra.reaction_store.kept_messages import keep_message
from infra.vault import Vault
from services.api.auth.principal import Principal
from services.api.http.error_handling import documented
from services.api.http.problems import MEDIA_TYPE, not_found
from services.api.http.route_handlers import JSON
from services.api.resources.access import require_sender
from services.api.resources.command_answers import answered, created, require_key
from services.api.state import AppState

#: The type of an answer, and its version.
ANSWERED: Final = "clienteling.command.answered.v1"
FETCH_SECONDS: Final = 1.0
WATCH_SECONDS: Final = 2.0
#: What fails so often, though the database answers, will not go by itself.
TRIES_MAX: Final = 3
#: What may work in a moment, or when somebody has mended it: it is tried again before it is refused.
_TRIED_AGAIN: Final = ("internal", "history_unreadable")

#: What others chose is percent-encoded, as CloudEvents asks of header values.
_ENCODED: Final = ("ce-subject", "ce-causationid", "ce-correlationid")

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """What a command led to: a CommandResult (200, 201) or a problem document with its code and reason."""

    status: int
    content: bytes
    correlation_id: str | None
    code: str | None = None
    reason: str = ""

    @property
    def is_final(self) -> bool:
        """Whether nothing else would come of it a moment later."""
        return self.status < 500 and self.code != "conflict"


class CommandsOverNats:
    """The reader of every store's commands. Several processes may share their durables."""

    def __init__(self, app: AppState, vault: Vault, pool: Any) -> None:
        self._app = app
        self._vault = vault
        self._pool = pool
        #: By store: the command that failed last, and how often it did.
        self._tries: dict[str, tuple[int, int]] = {}

    async def run(self) -> None:
        """Take commands until cancelled. NATS may come later, or go; stores may be named and left out."""
        while True:
            try:
                await self._serve(named_stores(self._app.settings))
            except Exception as error:
                log.warning("Commands cannot be taken over NATS; trying again", error=repr(error))
            await asyncio.sleep(WATCH_SECONDS)

    async def _serve(self, stores: list[str]) -> None:
        """Take the commands of these stores until others are named."""
        if not stores:
            return
        settings = self._app.settings
        broker = stream_broker(
            settings, self._app.servers.nats_url, name="clienteling api", role=NatsRole.API
        )
        try:
            await broker.connect()
            await self._ensure(broker, stores)
            for store in stores:
                self._subscribe(broker, store)
            await broker.start()
            log.info("Taking commands over NATS", stores=stores)
            while named_stores(settings) == stores:
                await asyncio.sleep(WATCH_SECONDS)
                async with asyncio.timeout(settings.nats_request_seconds * 2):
                    await self._ensure(broker, stores)
        finally:
            self._app.metrics.observe_sent({})
            await broker.stop()

    async def _ensure(self, broker: StreamBroker, stores: list[str]) -> None:
        await ensure_commands(broker.jetstream, self._app.settings)
        waiting: dict[str, int] = {}
        for store in stores:
            await ensure_answers(broker.jetstream, self._app.settings, store)
            waiting[store] = await ensure_sender(broker.jetstream, self._app.settings, store)
        self._app.metrics.observe_sent(waiting)

    def _subscribe(self, broker: StreamBroker, store: str) -> None:
        async def take(messages: list[Delivered]) -> None:
            for message in messages:
                await self._take(broker, store, message)

        Batches(
            broker,
            commands_of(store),
            stream=COMMANDS,
            durable=store,
            size_max=1,
            wait_seconds=FETCH_SECONDS,
            take=take,
        )

    async def _take(self, broker: StreamBroker, store: str, message: Delivered) -> None:
        """Handle a command, answer it, acknowledge it; or give it back, to come again before all others."""
        sent = Sent(store, message.subject.decode().rpartition(".")[2], headers_of(message.raw_headers))
        try:
            answer = await self.answer_to(sent, message.data)
            if answer.is_final or self._is_given_up(sent, message.sequence, answer):
                await asyncio.to_thread(self._keep, sent, message.data, answer)
                source = self._app.settings.event_source
                headers = sent.headers_of(answer, sequence=message.sequence, source=source)
                await publish_answer(broker.jetstream, store, answer.content, headers)
                await message.ack()
                return
            log.warning("A command over NATS comes again", store=store, command=sent.name, why=answer.reason)
        except Exception as error:
            log.warning("A command over NATS comes again", store=store, command=sent.name, error=repr(error))
        await message.nak(self._app.settings.reactions_retry_seconds)

    async def answer_to(self, sent: "Sent", body: bytes) -> Answer:
        """What a command of a store leads to."""
        principal = sent.principal
        context = context_of(
            principal.actor,
            role=principal.role,
            correlation_id=sent.given.get("x-correlation-id"),
            traceparent=sent.given.get("traceparent") or new_traceparent(),
        )
        try:
            if sent.name not in COMMAND_CLASSES:
                raise not_found("command", "unknown_address")
            require_sender(principal, sent.name)
            key = require_key(sent.key)
            if len(body) > self._app.settings.api_body_bytes_max:
                raise RequestEntityTooLarge
            result = await answered(self._app, principal, sent.name, body, key, context)
        except Exception as error:
            problem, document = documented(error)
            content = msgspec.json.encode(document)
            reason = f"{problem.code}: {document.detail}"
            return Answer(problem.status, content, context.correlation_id, problem.code, reason)
        status = 201 if created(result) else 200
        return Answer(status, msgspec.json.encode(result), context.correlation_id)

    def _is_given_up(self, sent: "Sent", sequence: int, answer: Answer) -> bool:
        if answer.code not in _TRIED_AGAIN:
            return False
        last, tries = self._tries.get(sent.store, (0, 0))
        self._tries[sent.store] = (sequence, tries + 1 if last == sequence else 1)
        return self._tries[sent.store][1] >= TRIES_MAX

    def _keep(self, sent: "Sent", body: bytes, answer: Answer) -> None:
        """Keep one that was refused, for people; one that was sent anew and is done is kept no longer."""
        if answer.code is not None:
            keep_message(
                self._pool,
                self._vault,
                source=SENT,
                key=sent.dead_letter_key(body),
                about=command_of(sent.store, sent.name),
                reason=answer.reason,
                headers=sent.headers,
                body=body,
            )
        elif RETRIED in sent.given:
            with self._pool.connection() as connection:
                remove_dead_letter(connection, SENT, sent.dead_letter_key(body))


class Sent(NamedTuple):
    """A command as it was sent: by which store, which one, with which headers."""

    store: str
    name: str
    headers: Mapping[str, str]

    @property
    def given(self) -> Mapping[str, str]:
        """The headers by their names in small letters."""
        return {header.lower(): value for header, value in self.headers.items()}

    @property
    def key(self) -> str | None:
        """Its idempotency key."""
        return self.given.get(IDEMPOTENCY_KEY.lower())

    @property
    def principal(self) -> Principal:
        """Who sends it: a till of the store."""
        return Principal(subject=f"nats:{self.store}", role="point_of_sale", stores=frozenset({self.store}))

    def dead_letter_key(self, body: bytes) -> str:
        """What it is kept under when it is refused; it tells no content."""
        named = self.key or hashlib.sha256(body).hexdigest()
        return derived_id("msg", SENT, self.store, self.name, named)

    def headers_of(self, answer: Answer, *, sequence: int, source: str) -> dict[str, str]:
        """The headers of its answer: a CloudEvent in binary mode."""
        answer_id = derived_id("ans", self.store, self.key or "", str(sequence), str(answer.status))
        given = {
            "ce-specversion": "1.0",
            "ce-type": ANSWERED,
            "ce-source": source,
            "ce-id": answer_id,
            "ce-subject": self.name,
            "ce-causationid": self.key,
            "ce-correlationid": answer.correlation_id,
            "clienteling-status": str(answer.status),
            "content-type": JSON if answer.code is None else MEDIA_TYPE,
        }
        encoded_values = {
            name: encoded(value).decode() if name in _ENCODED else value
            for name, value in given.items()
            if value
        }
        # Delivered again, it is answered with the same id; within the window the stream keeps one.
        return {**encoded_values, "Nats-Msg-Id": answer_id}
