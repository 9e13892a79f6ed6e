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

    @property
    def actor(self) -> str:
        """How the log names them: an associate, a service or another user of the issuer's."""
        if self.associate_id is not None:
            return self.associate_id
        return f"{'service' if self.role == 'service' else 'usr'}:{self.subject}"
