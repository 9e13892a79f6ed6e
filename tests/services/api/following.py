"""What a reaction does about the last event of a kind, in the house of the API under test."""

from collections.abc import Callable
from typing import Any

from domain.messages import Event
from infra.event_store.codec import decode
from infra.settings import Settings
from services.api.http.application import Api
from services.reactions.context import open_reactions


def follow_last(
    api: Api, settings: Settings, follow: Callable[..., None], stream_id: str, kind: type[Event]
) -> None:
    """Have a reaction follow the last event of this kind in a stream."""
    found: list[tuple[Any, Event]] = [
        (one, event)
        for one in api.app.log.read_stream(stream_id)
        if isinstance(event := decode(one.topic, one.state), kind)
    ]
    with open_reactions(settings, str(settings.database_url)) as context:
        follow(context, *found[-1])
