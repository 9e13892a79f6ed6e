"""The house itself, for its operators: how everything stands, and what could not be taken in."""

from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Response
from msgspec.structs import asdict

from infra.dead_letters import DeadLetter, dead_letters
from infra.messaging.commands import commands_waiting
from infra.nats import NatsRole
from projections.registry import ALL
from services.api.http.cursors import CursorText, name_of_list, place_text, read_place
from services.api.http.deadlines import within
from services.api.http.parameters import Limit, Parameters
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.health import ASK_SECONDS_MAX
from services.api.resources.records import read_record
from services.api.state import AppState
from services.read_models.house_status import StatusDocument, house_status

#: What dead letters are listed by: where they wait, the generation, the key, the position.
Place = tuple[str, int, str, int]


class NoParameters(Parameters, kw_only=True):
    """No parameters."""


class DeadLettersWanted(Parameters, kw_only=True):
    """A page of dead letters: of one projection, reaction, `webhooks`, `commands` or `log`, or of all."""

    limit: Limit = 50
    cursor: CursorText | None = None
    source: str | None = None


class DeadLetterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An event or a message that could not be taken in, with those that wait behind it (`events` in all).

    `left_out`: it was discarded, and is left out until it is retried.
    """

    source: str
    key: str
    generation: int
    position: int
    topic: str
    stream_id: str
    reason: str
    at: datetime
    events: int
    left_out: bool


class DeadLettersPage(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters, by where they wait; `total` of them in all. `next` is the `cursor` of the next page, null
    on the last.
    """

    dead_letters: list[DeadLetterDocument]
    total: int
    next: str | None


@read("/v1/house", tag="house", summary="How the house stands.", name="house", encrypted=True)
async def house_(app: Injected[AppState], params: Injected[NoParameters]) -> Response[StatusDocument]:
    """What `clienteling projections status` says: the relay, each projection with its position, lag and
    generation, reactions, webhooks, commands that wait, and whether somebody has to look (`healthy` is
    false).
    """
    waiting = await _commands_waiting(app)

    def status(connection: Any) -> StatusDocument:
        return house_status(
            connection,
            app.log,
            [projection.name for projection in ALL],
            nats_answers=waiting is not None,
            commands_waiting=waiting,
            heartbeat_seconds=app.settings.service_heartbeat_seconds,
        )

    found = await read_record(app, status)
    return json_response(found, position=found.log_position)


@read(
    "/v1/dead-letters",
    tag="house",
    summary="What could not be taken in.",
    name="dead_letters",
    encrypted=True,
)
async def dead_letters_(
    app: Injected[AppState], params: Injected[DeadLettersWanted]
) -> Response[DeadLettersPage]:
    """What `clienteling dead-letters list` says: of projections and webhooks the keys that wait, each with
    its first event; messages and events that reactions put aside; and what was discarded.
    """
    list_name = name_of_list("dead letters", params.source)
    behind = None if params.cursor is None else read_place(params.cursor, list_name, Place)
    end = await app.tables.end_of_log()
    found = await read_record(app, lambda connection: dead_letters(connection, params.source))
    found.sort(key=_place_of)
    following = found if behind is None else [one for one in found if _place_of(one) > behind]
    page = following[: params.limit]
    going_on = None
    if len(following) > params.limit:
        going_on = place_text(list_name, end, app.clock.now(), _place_of(page[-1]))
    answer = DeadLettersPage(dead_letters=[_document(one) for one in page], total=len(found), next=going_on)
    return json_response(answer, position=end)


def _place_of(one: DeadLetter) -> Place:
    return (one.projection, one.generation, one.key, one.position)


def _document(one: DeadLetter) -> DeadLetterDocument:
    fields = asdict(one)
    return DeadLetterDocument(source=fields.pop("projection"), **fields)


async def _commands_waiting(app: AppState) -> int | None:
    try:
        asked = commands_waiting(app.settings, app.servers.nats_url, NatsRole.API)
        return await within(ASK_SECONDS_MAX, asked)
    except Exception:
        # Whatever it is: whoever reads this wants to see the rest most of all when NATS is gone.
        return None


ROUTE_HANDLERS: Final = (house_, dead_letters_)
