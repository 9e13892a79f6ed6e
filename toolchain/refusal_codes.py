"""The codes with which each command can be refused, found in the code that decides it:
`python -m toolchain.refusal_codes > services/api/http/refusal_codes.json`.

From a command's decision and policies on, every function of the domain that is named is looked through for
`Refused("code", …)` and `NotFound("code", …)`. A code that is no literal is an error, and so is one that
services/api/http/problem_codes.toml does not describe.
"""

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any, Final, get_args

from domain.customer.state import Numbered
from domain.data_subjects import erased_subject, nobody_named, subjects_of
from domain.decide import COMMANDS, DECISIONS, PLAIN_TEXT_POLICIES, WARNINGS
from domain.heroic_act.state import HeroicStatus
from domain.messages import Command, CommandWarning, NotFound, Refused
from infra.event_store.encryption import encrypted, personal_fields
from services.api.http.problem_codes import PROBLEMS, WARNING_CODES

ROOMS: Final = ("domain.", "infra.event_store.")
#: Codes that are made of a status or a kind.
MADE_OF: Final = {"act_is_{act.status}": get_args(HeroicStatus), "{what}_unknown": get_args(Numbered)}
#: What is done with every command that holds personal data, beside deciding it.
PERSONAL: Final = (subjects_of, erased_subject, nobody_named, encrypted)


class Undocumented(Exception):
    """A code that cannot be read from the code, or that nobody has described."""


def refusal_codes() -> dict[str, list[str]]:
    """The codes of every command by its name in an address. Raises Undocumented."""
    codes = {
        name: sorted(codes_of(roots_of(command), (Refused, NotFound))) for name, command in COMMANDS.items()
    }
    _all_described("problems", {code for each in codes.values() for code in each}, PROBLEMS)
    _all_described("warnings", codes_of(WARNINGS.values(), (CommandWarning,)), WARNING_CODES)
    return codes


def roots_of(command: type[Command]) -> tuple[object, ...]:
    """The functions that a command goes through."""
    personal = PERSONAL if personal_fields(command) else ()
    return (DECISIONS[command], PLAIN_TEXT_POLICIES.get(command), *personal)


def codes_of(roots: Iterable[object], kinds: tuple[type, ...]) -> set[str]:
    """The codes that instances of some classes are made with, in all functions that roots lead to."""
    codes: set[str] = set()
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        match thing:
            case FunctionType() if thing.__module__.startswith(ROOMS) and _is_written(thing):
                tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
                codes.update(_made_in(tree, thing.__globals__, kinds))
                waiting.extend(_named_in(tree, thing.__globals__))
                waiting.extend(cell.cell_contents for cell in thing.__closure__ or ())
            case type() if thing.__module__.startswith(ROOMS) and not issubclass(thing, (Command, *kinds)):
                waiting.extend(vars(thing).values())
            case tuple() | list() | set() | frozenset():
                waiting.extend(thing)
            case dict():
                waiting.extend(thing.values())
            case _:
                pass
    return codes


def _is_written(function: FunctionType) -> bool:
    """Whether a function stands in a file; dataclasses make some."""
    return not inspect.unwrap(function).__code__.co_filename.startswith("<")


def _named_in(tree: ast.AST, names: dict[str, Any]) -> Iterator[object]:
    """What the names in a function mean in its module; of a module's name, the attribute that is read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(names.get(node.id), ModuleType):
            yield names.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = names.get(node.value.id)
            yield getattr(module, node.attr, None) if isinstance(module, ModuleType) else None


def _made_in(tree: ast.AST, names: dict[str, Any], kinds: tuple[type, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and names.get(node.func.id) in kinds
        ):
            continue
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "code")][0]
        match given:
            case ast.Constant(str(code)):
                yield code
            case ast.Name(name) if isinstance(names.get(name), str):
                yield names[name]
            case ast.JoinedStr() if (pattern := ast.unparse(given)[2:-1]) in MADE_OF:
                head, tail = pattern.split("{")[0], pattern.split("}")[1]
                yield from (f"{head}{value}{tail}" for value in MADE_OF[pattern])
            case _:
                raise Undocumented(f"{ast.unparse(node)}: write its code as a literal")


def _all_described(table: str, codes: set[str], described: Iterable[str]) -> None:
    if missing := sorted(codes - set(described)):
        raise Undocumented(
            f"services/api/http/problem_codes.toml: describe {', '.join(missing)} below [{table}]"
        )


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(refusal_codes(), indent=2) + "\n")
    except Undocumented as error:
        sys.exit(str(error))
