"""Identifiers and idempotency keys derived from the file's own numbers: the same file gives the same ones."""

import hashlib

from domain.ids import ASSOCIATE, CUSTOMER, RETURN, SALE, derived_id
from services.importing.pipeline.source_documents import SourceDocument


class DerivedIds:
    """Derives the identifiers and keys of one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._associate_ids: dict[str, str] = {}

    def key_of(self, *parts: str) -> str:
        """The idempotency key of one command of the import."""
        return ":".join(("import", self.source, *parts))

    def customer_id_of(self, reference: str) -> str:
        return derived_id(CUSTOMER, self.source, reference)

    def associate_id_of(self, reference: str) -> str:
        known = self._associate_ids.get(reference)
        if known is None:
            known = self._associate_ids[reference] = derived_id(ASSOCIATE, self.source, reference)
        return known

    def sale_id_of(self, name: str) -> str:
        """The sale of a source document."""
        return derived_id(SALE, self.source, name)

    def return_id_of(self, document: SourceDocument, number: int) -> str:
        """One of the returns of a source document; they are numbered from 1."""
        return derived_id(RETURN, self.source, document.name, str(number))

    def document_id_of(self, document: SourceDocument) -> str:
        """What a source document is found by, whatever its content: its first stream, or what its allowances
        name.
        """
        return self.sale_id_of(document.name) if document.kind == "sale" else self.return_id_of(document, 1)

    def other_kind_key(self, document: SourceDocument, key: str) -> str:
        """The key of the same source document, had its signs been the other way round; `key` is its own."""
        other = "return" if document.kind == "sale" else "sale"
        return self.key_of(other) + key.removeprefix(self.key_of(document.kind))

    def document_key(self, document: SourceDocument) -> str:
        """The key of a source document: its number and a digest of its lines, in any order and spelling of
        numbers.
        """
        lines = sorted(
            [f"{line.sku}\x1f{line.quantity}\x1f{line.exact.normalize()!s}" for line in document.lines]
        )
        content = "\x1e".join((document.customer or "", document.at.isoformat(), *lines))
        digest = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
        return self.key_of(document.kind, document.name, digest)
