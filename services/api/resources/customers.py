"""Looking a customer up in the whole house, to serve them: who they are, and no more than that takes."""

import time
from typing import Annotated, Any, Final

import msgspec
from litestar import Response

from domain.customer.commands import ContactKind
from domain.ids import Code
from projections.associate_directory.fold import PROJECTION as ASSOCIATES
from projections.customer_directory.fold import PROJECTION as DIRECTORY
from projections.customer_directory.fold import CustomerRecord
from projections.customer_directory.queries import Customer, customers_of
from projections.profile_terms import ContactPoint
from services.api.auth.principal import Principal
from services.api.http.parameters import AnyRequest, Reading
from services.api.http.problems import unavailable
from services.api.http.route_handlers import Injected, json_response, read
from services.api.resources.blind_index import take_in_changes
from services.api.resources.customer_search import digits_of, plain
from services.api.resources.customer_tokens import Kind, Tokens, kinds_of
from services.api.resources.receipt_numbers import customers_of_receipt
from services.api.state import AppState
from services.read_models.blind_index_statements import FOUND_CUSTOMERS

#: Who finds more has to say more: a list of customers is not what this is for.
SHOWN_MAX: Final = 20
#: So many entries are looked at; a person may have several.
ENTRIES_MAX: Final = 2 * SHOWN_MAX + 1
MASK: Final = "…"


class CustomerLookup(Reading, kw_only=True):
    """Who is looked for; `by` says what `q` is, where it must not be taken for something else."""

    q: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=200,
            description=(
                "Words of a name or their beginnings, from three letters on; or a whole telephone number in "
                "any notation, mail address, reference or receipt number (one without any digit needs `by`)."
            ),
        ),
    ]
    by: Annotated[Kind, msgspec.Meta(description="What `q` is; found out when left out.")] | None = None
    store_id: (
        Annotated[Code, msgspec.Meta(description="The store that gave the receipt out; any, when left out.")]
        | None
    ) = None


class FoundContactPoint(msgspec.Struct, frozen=True):
    """A contact point; of others' customers its value is masked, and there is no postal address."""

    kind: ContactKind
    value: str


class FoundCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Who a customer is and whose. `store_id` is where their primary owner works, else where they
    registered.
    """

    customer_id: str
    name: str | None
    address_as: str | None
    contact_points: list[FoundContactPoint]
    primary_owner: str | None
    primary_owner_name: str | None
    store_id: str | None
    in_own_book: bool


class FoundCustomers(msgspec.Struct, frozen=True, kw_only=True):
    """Whom was found, one's own customers first, then by name. `more`: there are others, so say more."""

    customers: list[FoundCustomer]
    more: bool


class _Owner(msgspec.Struct, frozen=True):
    store_id: str | None
    name: str | None


_records = msgspec.json.Decoder(list[CustomerRecord])
_owners = msgspec.json.Decoder(dict[str, _Owner])


@read("/v1/customers", tag="customers", summary="Customers of the whole house, looked up to serve them.")
async def customers(
    request: AnyRequest, app: Injected[AppState], params: Injected[CustomerLookup]
) -> Response[FoundCustomers]:
    """Whoever is found by a name, telephone number, mail address, reference or receipt number, whoever's
    customer they are. Somebody with merged records is one customer; whoever has been erased is not found.
    """
    kinds: list[Kind] = kinds_of(params.q) if params.by is None else [params.by]
    if params.at_least is not None:
        for projection in (DIRECTORY, ASSOCIATES):
            await app.tables.wait_for(projection.name, params.at_least)
    tokens = Tokens(app.keys, app.settings)
    alternatives = [found for kind in kinds if kind != "receipt" and (found := tokens.sought(kind, params.q))]
    receipts = await customers_of_receipt(app, params.q, params.store_id) if "receipt" in kinds else []
    row = await _found(app, tokens, alternatives, receipts)
    records, entries, associates, keys, position = row
    found = customers_of(_records.decode(app.keys.decrypt_with((records or "[]").encode(), keys)))
    owners = _owners.decode(app.keys.decrypt_with((associates or "{}").encode(), keys))
    principal: Principal | None = request.scope.get("user")
    own_id = None if principal is None else principal.associate_id
    documents = sorted((_document(one, own_id, owners) for one in found), key=_order)
    answer = FoundCustomers(
        customers=documents[:SHOWN_MAX], more=entries >= ENTRIES_MAX or len(documents) > SHOWN_MAX
    )
    return json_response(answer, position=position)


async def _found(
    app: AppState, tokens: Tokens, alternatives: list[list[int]], customer_ids: list[str]
) -> tuple[Any, ...]:
    """What FOUND_CUSTOMERS says, once the index has taken in what stood in the directory at first."""
    asked: dict[str, Any] = {
        "made_with": tokens.made_with,
        "alternatives": [f"{{{','.join(map(str, one))}}}" for one in alternatives],
        "customer_ids": customer_ids,
        "found_max": ENTRIES_MAX,
        "required": None,
    }
    deadline = time.monotonic() + app.settings.api_read_wait_seconds
    while True:
        ((row,),) = await app.tables.fetch((FOUND_CUSTOMERS, asked))
        *found, ending, is_complete = row
        if is_complete:
            return tuple(found)
        if asked["required"] is None:
            asked["required"] = ending
        if time.monotonic() >= deadline:
            raise unavailable(
                "not_caught_up", "What customers are found by is being made anew; look them up in a moment."
            )
        await app.beside.run(take_in_changes, app)


def _document(customer: Customer, own_id: str | None, owners: dict[str, _Owner]) -> FoundCustomer:
    owner = owners.get(customer.primary_owner or "")
    in_own_book = own_id in customer.owners
    return FoundCustomer(
        customer_id=customer.customer_id,
        name=customer.name,
        address_as=customer.address_as,
        contact_points=[
            FoundContactPoint(point.kind, point.value if in_own_book else masked(point))
            for point in customer.contact_points
            if in_own_book or point.kind != "address"
        ],
        primary_owner=customer.primary_owner,
        primary_owner_name=owner.name if owner else None,
        store_id=owner.store_id if owner else customer.store_id,
        in_own_book=in_own_book,
    )


def masked(point: ContactPoint) -> str:
    """As much of a contact point as is needed to ask whether it is theirs."""
    if point.kind == "email":
        name, _, domain = point.value.partition("@")
        return f"{name[:1]}{MASK}@{domain[:1]}{MASK}"
    return MASK + digits_of(point.value)[-2:]


def _order(one: FoundCustomer) -> tuple[Any, ...]:
    name = one.name or one.address_as
    return (not one.in_own_book, name is None, plain(name or ""), one.customer_id)


ROUTE_HANDLERS: Final = (customers,)
