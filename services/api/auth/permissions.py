"""The table of roles (permissions.toml): which operation each role may use, and on what."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec
from litestar.handlers import HTTPRouteHandler

from services.api.auth.principal import ROLES, Principal, Role

Right = Literal["own", "store", "all", "no"]
#: The roles of people and tills, in the order of the table; a service has scopes.
COLUMNS: Final[tuple[Role, ...]] = tuple(role for role in ROLES if role != "service")


class MissingPermission(RuntimeError):
    """A route has no row in the table."""


class Row(msgspec.Struct, frozen=True):
    """The rights of one operation; `about` are the fields and parameters that `own` and `store` are asked
    of.
    """

    about: tuple[str, ...]
    rights: Mapping[Role, Right]
    scope: str

    def right_of(self, principal: Principal) -> Right:
        """What a principal may use the operation on."""
        if principal.role == "service":
            return "all" if self.scope in principal.scopes else "no"
        return self.rights[principal.role]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    public: tuple[str, ...]
    oneself: tuple[str, ...]
    reads: dict[str, str]
    commands: dict[str, str]
    maintenance: dict[str, str]
    second_person: dict[str, str]


def _row(text: str) -> Row:
    about, rights, scope = (part.strip() for part in text.split("|"))
    given = msgspec.convert(rights.split(), list[Right])
    if "own" in given or "store" in given:
        assert about, text  # noqa: S101 - the table is ours, and read when a process starts
    return Row(tuple(about.split()), dict(zip(COLUMNS, given, strict=True)), scope)


_TABLE: Final = msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes(), type=_Table)

PUBLIC: Final = _TABLE.public
ONESELF: Final = _TABLE.oneself
READS: Final = {name: _row(text) for name, text in _TABLE.reads.items()}
COMMANDS: Final = {name: _row(text) for name, text in _TABLE.commands.items()}
#: What is asked of the house, and no event of the log.
MAINTENANCE: Final = {name: _row(text) for name, text in _TABLE.maintenance.items()}
#: By command: the field with whom it must not be sent by.
SECOND_PERSON: Final = _TABLE.second_person
_ROWS: Final = {**READS, **COMMANDS, **MAINTENANCE}


def row_of(operation: str, parameters: Mapping[str, str]) -> Row:
    """The row of an operation, or the one that it has with a parameter (`name?parameter=value`)."""
    given = (f"{operation}?{name}={value}" for name, value in parameters.items())
    return next((_ROWS[key] for key in given if key in _ROWS), _ROWS[operation])


def check_complete(route_handlers: Iterable[HTTPRouteHandler]) -> None:
    """Raises MissingPermission when a route handler has no row: nobody is let in by being forgotten."""
    if missing := sorted(set(_without_row(route_handlers))):
        raise MissingPermission(f"services/api/auth/permissions.toml has no row for {', '.join(missing)}")


def _without_row(route_handlers: Iterable[HTTPRouteHandler]) -> Iterator[str]:
    for handler in route_handlers:
        is_public = bool((handler.opt or {}).get("public"))
        if not is_public and str(handler.name) not in (*_ROWS, *ONESELF):
            yield str(handler.name)
