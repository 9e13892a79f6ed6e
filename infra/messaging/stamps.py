"""The relay's stamp on its messages, and telling by it what the relay wrote from what anybody else put onto
the stream.

A stamp is a keyed hash over a message's sequence in the stream, its metadata in the log and its content. The
key stands beside the log's epoch in the database and nowhere else, so nobody who only knows the stream can
write one; and because the sequence is hashed, too, a copy of a genuine message is not genuine. The relay
knows each sequence beforehand: its batches are fenced.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from infra.event_store.epoch import Epoch
from infra.messaging.headers import METADATA, EventMetadata, NotFromTheLog, metadata_of

#: `genuine`: the relay wrote it, in the current epoch. `earlier`: it did, in an epoch before. `unstamped`: it
#: may be older than the stamps, so the log has to be asked. `strange`: it names an epoch nobody here knows.
#: `foreign`: the relay did not write it.
Origin = Literal["genuine", "earlier", "unstamped", "strange", "foreign"]


def stamp(key: bytes, sequence: int, metadata: bytes, content: bytes) -> bytes:
    """The stamp of a message, 32 hex digits; `metadata` is the header lines from position to aggregate.

    SHA-256 behind a secret prefix, cut to half: who knows a stamp lacks half of the state that it would take
    to go on hashing, so that nothing can be added to a message. It takes half of the time of BLAKE2's or
    HMAC's keyed hash here.
    """
    return sha256(b"%b%d\r\n%b%b" % (key, sequence, metadata, content)).hexdigest()[:32].encode()


class Stamps:
    """Knows the keys of a log's epochs. One may be shared by all readers of a process."""

    def __init__(self, epochs: Sequence[Epoch]) -> None:
        self.renew(epochs)

    def renew(self, epochs: Sequence[Epoch]) -> None:
        """Take in what epochs the log has had by now, the current one last."""
        self._epochs = {one.epoch.encode(): one for one in epochs}
        current = epochs[-1]
        self.epoch = current.epoch
        self.epoch_bytes = current.epoch.encode()
        #: Messages up to this position may have no stamp; 0: every message of this epoch has one.
        self.stamped_from = current.stamped_from

    def knows(self, epoch: str | None) -> bool:
        """Whether this is an epoch of the log."""
        return epoch is not None and epoch.encode() in self._epochs

    def is_genuine(
        self, epoch: bytes, sequence: int, metadata: bytes, content: bytes, found: bytes | None
    ) -> bool:
        """Whether `found` is the stamp that the relay of that epoch gives this message."""
        known = self._epochs.get(epoch)
        if known is None or found is None:
            return False
        return stamp(known.stamp_key, sequence, metadata, content) == found

    def metadata_if_ours(
        self, message: tuple[int, bytes, bytes], *, claimed: bool = False, strange: bool = False
    ) -> EventMetadata | None:
        """The metadata of a message (sequence, headers, content) that the relay wrote, or may have written
        before there were stamps.

        `claimed`: also of one that only says so, when the log may have lost its key. `strange`: also of
        another log's.
        """
        origin = self.origin(*message)
        if (
            origin in ("genuine", "earlier", "unstamped")
            or (origin == "strange" and strange)
            or (claimed and self.stamped_from and METADATA.search(message[1]))
        ):
            return metadata_of(message[1])
        return None

    def origin(self, sequence: int, raw_headers: bytes, content: bytes) -> Origin:
        """Who wrote a message."""
        match = METADATA.search(raw_headers)
        if match is None:
            return "foreign"
        metadata, position, _, epoch, _, _, _, _, found = match.groups()
        if epoch not in self._epochs:
            return "strange"
        if self.is_genuine(epoch, sequence, metadata, content, found):
            return "genuine" if epoch == self.epoch_bytes else "earlier"
        if int(position) <= self._epochs[epoch].stamped_from:
            return "unstamped"
        return "foreign"


def readable_metadata(message: tuple[int, bytes, bytes]) -> EventMetadata | None:
    """The metadata that a message (sequence, headers, content) says it has, for who has no keys; None when it
    says none.
    """
    try:
        return metadata_of(message[1])
    except NotFromTheLog:
        return None
