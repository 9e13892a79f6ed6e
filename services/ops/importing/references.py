"""The file's own numbers as identifiers and idempotency keys: the same file leads to the same ones, whenever it is read."""

import hashlib

from domain.ids import ASSOCIATE, CUSTOMER, RETURN, SALE, derived_id
from services.ops.importing.slips import Slip


class References:
    """Identifiers and keys of what one source names."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._associate_ids: dict[str, str] = {}

    def key_of(self, *parts: str) -> str:
        """The idempotency key of one command of this import."""
        return ":".join(("import", self.source, *parts))

    def customer_id_of(self, reference: str) -> str:
        return derived_id(CUSTOMER, self.source, reference)

    def associate_id_of(self, reference: str) -> str:
        known = self._associate_ids.get(reference)
        if known is None:
            known = self._associate_ids[reference] = derived_id(ASSOCIATE, self.source, reference)
        return known

    def sale_id_of(self, name: str) -> str:
        """The sale of a slip."""
        return derived_id(SALE, self.source, name)

    def return_id_of(self, name: str, number: int) -> str:
        """One of the returns that a slip leads to; they are numbered from 1."""
        return derived_id(RETURN, self.source, name, str(number))

    def begun_by(self, slip: Slip) -> str:
        """The aggregate that a slip begins, whatever its content."""
        return self.sale_id_of(slip.name) if slip.kind == "sale" else self.return_id_of(slip.name, 1)

    def slip_key(self, slip: Slip) -> str:
        """A slip is known by its number and its content: the same lines, in whatever order and spelling of numbers."""
        lines = sorted(
            [f"{line.sku}\x1f{line.quantity}\x1f{line.exact.normalize()!s}" for line in slip.lines]
        )
        content = "\x1e".join((slip.customer or "", slip.at.isoformat(), *lines))
        digest = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
        return self.key_of(slip.kind, slip.name, digest)
