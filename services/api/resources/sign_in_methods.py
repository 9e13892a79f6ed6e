"""How people can sign in here; in the demo also as whom."""

from typing import Final

import msgspec
from litestar import Response, get

from infra.postgres import retried
from infra.settings import Settings
from projections.associate_directory import queries
from projections.associate_directory.fold import PROJECTION
from services.api.auth.own_keys import sign_token
from services.api.auth.principal import Role
from services.api.http.route_handlers import Injected, json_bytes, route
from services.api.state import AppState

TOKEN_HOURS: Final = 8
PEOPLE_MAX: Final = 200


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the demo, and a token of theirs; `name` is null for who is no associate."""

    name: str | None
    role: Role
    associate_id: str | None
    stores: list[str]
    token: str


class SignInMethods(msgspec.Struct, frozen=True, kw_only=True):
    """What people can sign in with. `people` is empty outside the demo (CLIENTELING_DEMO_SIGN_IN)."""

    provider: bool
    token: bool
    people: list[DemoPerson]


@route(
    get,
    "/auth/methods",
    name="sign_in_methods",
    tag="sessions",
    summary="How to sign in.",
    problems=(),
    answer=SignInMethods,
    public=True,
)
async def sign_in_methods(app: Injected[AppState]) -> Response[SignInMethods]:
    """Whether people sign in at a provider or with a token; in the demo, everybody there is with a token."""
    signing_in = app.sign_in
    is_demo = signing_in is not None and signing_in.by_token and app.settings.demo_sign_in == "on"
    answer = SignInMethods(
        provider=signing_in is not None and signing_in.provider is not None,
        token=signing_in is not None and signing_in.by_token,
        people=await _people(app) if is_demo else [],
    )
    document = msgspec.json.encode(answer)
    return json_bytes(await retried(app.tables.pool, lambda: app.keys.decrypt_document(document)))


async def _people(app: AppState) -> list[DemoPerson]:
    """Who works here, somebody who leads each store, its till, and those who are of the whole house."""
    parameters = {
        "after_key": "",
        "store_id": None,
        "status": "working",
        "made_up": None,
        "limit": PEOPLE_MAX,
    }
    found = await app.tables.read(PROJECTION.name, queries.directory(parameters), parameters)
    today = app.clock.now().date()
    working = [queries.associate_document(PROJECTION.decode(state), today) for _, _, state in found.rows]
    people: list[DemoPerson] = []
    for store in sorted({one.store_id for one in working if one.store_id is not None}):
        here = [one for one in working if one.store_id == store]
        people += [_person(app.settings, "associate", [store], one) for one in here]
        people.append(_person(app.settings, "manager", [store], here[0]))
        people.append(_person(app.settings, "point_of_sale", [store]))
    return [*people, *(_person(app.settings, role, []) for role in ("payroll", "ops", "auditor"))]


def _person(
    settings: Settings, role: Role, stores: list[str], associate: queries.AssociateDocument | None = None
) -> DemoPerson:
    associate_id = None if associate is None else associate.associate_id
    token = sign_token(settings, role=role, associate_id=associate_id, stores=stores, hours=TOKEN_HOURS)
    return DemoPerson(
        name=None if associate is None else associate.name,
        role=role,
        associate_id=associate_id,
        stores=stores,
        token=token,
    )


ROUTE_HANDLERS: Final = (sign_in_methods,)
