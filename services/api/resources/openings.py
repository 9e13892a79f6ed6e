"""Of which request an opening tells: who reads, by which operation and in which trace."""

from litestar.types import Scope

from infra.openings import Opening, opening_of
from services.api.resources.commands import context_of_request


def opening_of_request(scope: Scope, customers: list[str]) -> Opening:
    """The opening of a request whose answer tells of these customers."""
    return opening_of(context_of_request(scope), str(scope["route_handler"].name), customers)
