"""Of which request an opening tells: who reads, by which operation and in which trace."""

from infra.openings import Opening
from services.api.http.parameters import AnyRequest
from services.api.resources.commands import context_of_request


def opening_of(request: AnyRequest, customers: list[str]) -> Opening:
    """The opening of a request whose answer tells of these customers."""
    context = context_of_request(request)
    return Opening(
        actor=str(context.actor),
        role=context.role,
        operation=str(request.scope["route_handler"].name),
        correlation_id=context.correlation_id,
        traceparent=context.traceparent,
        customers=customers,
    )
