"""The variables that stand in addresses, and what they may be."""

from typing import Any, Final

import msgspec

from domain.ids import AssociateId, Code, CustomerId, HeroicActId, ReturnId, SaleId
from services.api.http.parameters import AnyRequest
from services.api.http.problems import not_found

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


def variable(request: AnyRequest, name: str) -> str:
    """A variable of the address. One that cannot name anything is answered like one that names nothing: 404."""
    value: str = request.path_params[name]
    try:
        return msgspec.convert(value, VARIABLES[name])
    except msgspec.ValidationError:
        raise not_found(WORDS[name], f"{WORDS[name].replace(' ', '_')}_unknown") from None
