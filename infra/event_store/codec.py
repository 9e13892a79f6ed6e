"""Events as bytes: JSON by msgspec, filed under explicit topics, old shapes upcast to new ones on reading."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from domain.messages import Event
from domain.topics import CLASS_OF_TOPIC, UPCASTERS, Upcaster


class UndecodableEvent(ValueError):
    """Stored bytes that their own topic cannot read. `topic` and the reason are named; the payload is not."""

    def __init__(self, topic: str, reason: str) -> None:
        super().__init__(f"cannot read {topic}: {reason}")
        self.topic = topic
        self.reason = reason


class Codec:
    """Encodes events for the log and decodes them from it.

    A topic without a class is one that a newer writer knows: decode gives None and the reader passes it over.
    Unknown fields are ignored. An upcaster turns the JSON object of an old topic into that of the next one,
    which may be old itself.
    """

    def __init__(
        self,
        classes: Mapping[str, type[Event]] = CLASS_OF_TOPIC,
        upcasters: Mapping[str, tuple[str, Upcaster]] = UPCASTERS,
    ) -> None:
        self._topics = {event_class: topic for topic, event_class in classes.items()}
        self._decoders = {topic: msgspec.json.Decoder(event_class) for topic, event_class in classes.items()}
        self._upcasters = upcasters
        self._encode = msgspec.json.Encoder(order="deterministic").encode

    def topic_of(self, event: Event) -> str:
        """The topic an event is filed under."""
        return self._topics[type(event)]

    def encode(self, event: Event) -> tuple[str, bytes]:
        """Topic and bytes of an event; the bytes are stored once and published unchanged."""
        return self._topics[type(event)], self._encode(event)

    def decode(self, topic: str, state: bytes) -> Event | None:
        """The event in these bytes, or None when the topic is unknown. Raises UndecodableEvent."""
        decoder = self._decoders.get(topic)
        if decoder is None:
            return self._decode_old(topic, state) if topic in self._upcasters else None
        try:
            return decoder.decode(state)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UndecodableEvent(topic, str(error)) from error

    def decoder_of(self, topic: str) -> Callable[[bytes], Event | None]:
        """What `decode` does for one topic, with a call less for each event; what msgspec raises goes on as
        it is.
        """
        decoder = self._decoders.get(topic)
        return partial(self.decode, topic) if decoder is None else decoder.decode

    def _decode_old(self, topic: str, state: bytes) -> Event | None:
        next_topic = topic
        try:
            fields: dict[str, Any] = msgspec.json.decode(state, type=dict[str, Any])
            while next_topic in self._upcasters:
                next_topic, lift = self._upcasters[next_topic]
                fields = lift(fields)
            return self.decode(next_topic, msgspec.json.encode(fields))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            raise UndecodableEvent(topic, str(error)) from error


CODEC = Codec()
encode = CODEC.encode
decode = CODEC.decode
