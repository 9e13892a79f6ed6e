"""The principal: who a request is made by, and in which role."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Role = Literal["associate", "manager", "point_of_sale", "payroll", "ops", "auditor", "service"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whom a verified token names. `stores` are those that it is for; `scopes` are a service's."""

    subject: str
    role: Role
    associate_id: str | None = None
    stores: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
