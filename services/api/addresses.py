"""The variables that stand in addresses, and what they may be."""

import re
from typing import Any, Final

import msgspec

from domain.ids import AssociateId, Code, CustomerId, HeroicActId, ReturnId, SaleId
from services.api.parameters import AnyRequest
from services.api.problems import not_found

VARIABLES: Final[dict[str, Any]] = {
    "associate_id": AssociateId,
    "customer_id": CustomerId,
    "sale_id": SaleId,
    "return_id": ReturnId,
    "act_id": HeroicActId,
    "period_id": Code,
}
WORDS: Final = {
    "associate_id": "associate",
    "customer_id": "customer",
    "sale_id": "sale",
    "return_id": "return",
    "act_id": "heroic act",
    "period_id": "statement",
}


def _pattern_of(kind: Any) -> "re.Pattern[str] | None":
    info = msgspec.inspect.type_info(kind)
    pattern = getattr(info, "pattern", None)
    return re.compile(pattern) if pattern else None


_PATTERNS: Final = {name: _pattern_of(kind) for name, kind in VARIABLES.items()}


def variable(request: AnyRequest, name: str) -> str:
    """A variable of the address. One that cannot name anything is answered like one that names nothing: 404."""
    value: str = request.path_params[name]
    pattern = _PATTERNS[name]
    if pattern is not None and pattern.search(value) is None:
        raise not_found(WORDS[name], f"{WORDS[name].replace(' ', '_')}_unknown")
    return value
