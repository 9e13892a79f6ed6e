"""Statements as JSON with who has signed them: a statement is served as it was issued, whatever was added."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from projections.commission_ledger.account import Statement
from projections.pay_questions.queries import SignatureDocument, SignedBy, signature_document


class SignedStatement(Statement, frozen=True, kw_only=True):
    """A statement, when and by whom it was signed off (the associate, or time; null: nobody has), and the
    open questions about it or an entry in it.

    `regular_rate_minor` and `commission_share_bp` are information for overtime law, and decide nothing.
    """

    signed_at: datetime | None
    signed_by: SignedBy | None
    open_questions: list[str]


def signed_document(document: str, signature: SignatureDocument) -> str:
    """The JSON of a SignedStatement out of that of a statement."""
    return document[:-1] + "," + msgspec.json.encode(signature).decode()[1:]


def signed_documents(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """The same of rows of `with_signatures`."""
    return [signed_document(document, signature_document(*signature)) for document, *signature in rows]
