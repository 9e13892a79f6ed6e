"""What a principal may do: the guard of the routes, and the fields of a command."""

from collections.abc import Mapping
from typing import Any, Final

from litestar.handlers.base import BaseRouteHandler
from msgspec.structs import replace

from domain.messages import Command
from domain.sale.commands import Share
from domain.sale.events import Credit
from services.api.auth.permissions import COMMANDS, ONESELF, SECOND_PERSON, Row, row_of
from services.api.auth.principal import Principal
from services.api.http.parameters import AnyRequest, pairs_of
from services.api.http.problems import Problem
from services.api.resources.belonging import OWN, PROJECTIONS, is_in_stores, is_own
from services.api.state import AppState

#: Roles of people, who act as themselves; a till and a service write down who acted.
PEOPLE: Final = ("associate", "manager")
AT_THE_COUNTER: Final = ("associate", "point_of_sale")
#: The rest of a field's name that says who acted. Who authorised a cost is somebody else.
ACTED: Final = "_by"
NOT_WHO_ACTED: Final = ("authorised_by", "requested_by")


async def guard(connection: Any, handler: BaseRouteHandler) -> None:
    """Let a principal read what the table of roles says.

    Raises a 403 problem that reads the same whether there is such a thing or not.
    """
    operation = str(handler.name)
    # What an address takes (OPTIONS) is told to everybody.
    if handler.opt.get("public") or operation in ONESELF or connection.scope["method"] == "OPTIONS":
        return
    principal: Principal = connection.scope["user"]
    named = {**dict(pairs_of(connection.scope["query_string"])), **connection.path_params}
    app: AppState = connection.app.app
    await _require(app, principal, row_of(operation, named), named)


def require_sender(principal: Principal | None, operation: str) -> None:
    """Raises a 403 problem when a principal may not send a command at all."""
    if principal is not None and COMMANDS[operation].right_of(principal) == "no":
        raise not_permitted()


async def authorized(app: AppState, principal: Principal | None, operation: str, command: Command) -> Command:
    """A command as its principal may send it: in their own name, and about what is theirs to change.

    Without a principal authentication is off. Raises a 403 problem.
    """
    if principal is None:
        return command
    row = COMMANDS[operation]
    await _require(app, principal, row, {field: getattr(command, field, None) for field in row.about})
    if (field := SECOND_PERSON.get(operation)) and _names(command, field, principal.associate_id):
        detail = "What is in one's own favour needs a second person: somebody else has to send this."
        raise Problem(403, "second_person_needed", detail, field=field)
    return _in_their_name(command, principal)


def not_permitted() -> Problem:
    """403, whatever there is or is not."""
    detail = "The token's role may not do this, not with what is named, or there is no such thing."
    return Problem(403, "not_permitted", detail)


def credits_shown(request: AnyRequest, credits: tuple[Credit, ...]) -> tuple[Credit, ...]:
    """Who is credited with a line; at the counter nobody reads by which rates others are paid."""
    principal: Principal | None = request.scope.get("user")
    if principal is None or principal.role not in AT_THE_COUNTER:
        return credits
    return tuple(
        one if one.associate_id == principal.associate_id else Credit(one.associate_id, one.share_bp)
        for one in credits
    )


async def _require(app: AppState, principal: Principal, row: Row, named: Mapping[str, Any]) -> None:
    right = row.right_of(principal)
    if right == "all":
        return
    about = {field: named[field] for field in row.about if isinstance(named.get(field), str)}
    holds = is_in_stores if right == "store" else is_own
    asked = {field: value for field, value in about.items() if right == "store" or field in OWN}
    if right == "no" or not asked:
        raise not_permitted()

    async def all_hold() -> bool:
        return all([await holds(app, principal, field, value) for field, value in asked.items()])

    if await all_hold():
        return
    # What was written a moment ago may not be in the tables yet.
    behind = {name for field in asked for name in PROJECTIONS[right].get(field, ())}
    if behind:
        end = await app.tables.end_of_log()
        for projection in sorted(behind):
            await app.tables.wait_for(projection, end)
    if not behind or not await all_hold():
        raise not_permitted()


def _names(command: Command, field: str, associate_id: str | None) -> bool:
    value: str | tuple[Share, ...] | None = getattr(command, field)
    named = [share.associate_id for share in value] if isinstance(value, tuple) else [value]
    return associate_id is not None and associate_id in named


def _in_their_name(command: Command, principal: Principal) -> Command:
    """The command with who acted, as the token says. Raises a 403 problem where it names somebody else."""
    if principal.role not in PEOPLE:
        return command
    fields = [
        name for name in command.__struct_fields__ if name.endswith(ACTED) and name not in NOT_WHO_ACTED
    ]
    for field in fields:
        if getattr(command, field) not in (None, principal.associate_id):
            detail = f"Who acted is whom the token names: leave {field} out."
            raise Problem(403, "acts_for_another", detail, field=field)
    return replace(command, **dict.fromkeys(fields, principal.associate_id)) if fields else command
