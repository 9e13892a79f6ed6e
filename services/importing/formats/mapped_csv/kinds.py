"""What the kind of a row says: a sale, a return, or nothing that was sold."""

from collections import Counter
from typing import Literal

from services.importing.formats.mapped_csv.mapping import Mapping

RowKind = Literal["sale", "return", "not_sold"]

UNKNOWN_KIND = "is a kind that the mapping does not know: list it in sales.kinds, returns.kinds or skip"
#: What is usually called a sale. Where the mapping lists the kinds of sales, only those count.
_SALES = """
    sale sales sold paid payment purchase order invoice charge completed complete closed processing fulfilled
    shipped delivered captured settled posted success succeeded successful normal regular
    partially_refunded partially_paid
"""
SALES = frozenset(_SALES.split())
#: What came to nothing, wherever the mapping does not say otherwise.
#: Sales of which money went back, which only the column `refunded` can say.
PARTLY_REFUNDED = ("partially_refunded", "partly_refunded")
REFUND_NOT_MAPPED = "sale_without_its_refund"
_NOT_SOLD = "failed voided void cancelled canceled declined rejected expired abandoned trash draft"
NOT_SOLD = frozenset(_NOT_SOLD.split())


class Kinds:
    """Reads the column `kind` by a mapping; `met` counts rows by its text and what it was taken for."""

    def __init__(self, mapping: Mapping) -> None:
        self.met: Counter[tuple[str, str]] = Counter()
        self._known: dict[str, RowKind] = dict.fromkeys(NOT_SOLD, "not_sold")
        if not mapping.sales.kinds:
            self._known |= dict.fromkeys(SALES, "sale")
        self._refunded = () if mapping.columns.refunded else PARTLY_REFUNDED
        self._known |= {_plain(kind): "sale" for kind in mapping.sales.kinds}
        self._known |= {_plain(kind): "return" for kind in mapping.returns.kinds}

    def of(self, text: str) -> RowKind | None:
        """What a row is; None when its column is blank. Raises ValueError for a kind that nobody named."""
        if not text:
            self.met["blank", "as_its_numbers_say"] += 1
            return None
        kind = self._known.get(_plain(text))
        met = REFUND_NOT_MAPPED if _plain(text) in self._refunded else kind or "unknown"
        self.met[text, met] += 1
        if kind is None:
            raise ValueError(UNKNOWN_KIND)
        return kind


def _plain(kind: str) -> str:
    return "_".join(kind.casefold().replace("-", " ").replace("_", " ").split())
