"""`python -m toolchain.unused_code`: production code that no production code uses.

Exit code 1 for what is not in ALLOWED, and for what is in ALLOWED and not found any more: the list only
shrinks. Tests are not looked at, so that code which only its own tests call is found. Fields of structs are
left out: they are read as JSON.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from vulture import Vulture
from vulture.core import Item

PRODUCTION: Final = ("domain", "projections", "services", "infra", "toolchain", "benchmarks")
#: Functions that a decorator hands to a framework: commands of the command line.
IGNORED_DECORATORS: Final = ["@*.command", "@*.command(*)", "@*.default"]

_CALLED_BY_A_LIBRARY: Final = "a library calls it"
_ONLY_FOR_TESTS: Final = "drives the real thing in tests"

#: `file: name` of what stays though nothing calls it, and why.
ALLOWED: Final[dict[str, str]] = {
    "benchmarks/imports.py: construct_mapper": _CALLED_BY_A_LIBRARY,
    "benchmarks/load.py: data_received": _CALLED_BY_A_LIBRARY,
    "benchmarks/stock_runner.py: process_event": _CALLED_BY_A_LIBRARY,
    "infra/embedded/nats_server.py: wipe": _ONLY_FOR_TESTS,
    "infra/event_store/log.py: construct_mapper": _CALLED_BY_A_LIBRARY,
    "infra/event_store/log.py: construct_recorder": _CALLED_BY_A_LIBRARY,
    "infra/event_store/mapper.py: to_domain_event": _CALLED_BY_A_LIBRARY,
    "benchmarks/projector.py: _connect": _CALLED_BY_A_LIBRARY,
    "infra/messaging/broker.py: _connect": _CALLED_BY_A_LIBRARY,
    "infra/messaging/broker.py: pull_subscribe": _CALLED_BY_A_LIBRARY,
    "infra/messaging/client.py: _send_ping": _CALLED_BY_A_LIBRARY,
    "infra/messaging/pulls.py: in_progress": _CALLED_BY_A_LIBRARY,
    "infra/messaging/pulls.py: term": _CALLED_BY_A_LIBRARY,
    "infra/metrics.py: collect": _CALLED_BY_A_LIBRARY,
    "services/api/http/connection.py: data_received": _CALLED_BY_A_LIBRARY,
    "services/api/http/openapi.py: is_plugin_supported_type": _CALLED_BY_A_LIBRARY,
    "services/api/http/openapi.py: to_openapi_schema": _CALLED_BY_A_LIBRARY,
    "services/api/http/connection.py: on_response_complete": _CALLED_BY_A_LIBRARY,
    "services/api/http/server.py: capture_signals": _CALLED_BY_A_LIBRARY,
    "services/api/http/server.py: main_loop": _CALLED_BY_A_LIBRARY,
    "services/cli/demo.py: demo": "the command line imports it by its name",
    "toolchain/import_contracts.py: AcyclicModulesContract": _CALLED_BY_A_LIBRARY,
    "toolchain/import_contracts.py: OnlyExternalsContract": _CALLED_BY_A_LIBRARY,
    "toolchain/import_contracts.py: render_broken_contract": _CALLED_BY_A_LIBRARY,
}


def unused(root: Path, rooms: Sequence[str] = PRODUCTION) -> set[str]:
    """`file: name` of functions, classes, methods, properties and constants that nothing here uses."""
    vulture = Vulture(ignore_decorators=IGNORED_DECORATORS)
    vulture.scavenge([str(root / room) for room in rooms])
    return {
        f"{Path(item.filename).resolve().relative_to(root.resolve()).as_posix()}: {item.name}"
        for item in vulture.get_unused_code(min_confidence=60)
        if _counts(item)
    }


def _counts(item: Item) -> bool:
    constant = item.typ == "variable" and item.name[:1].isupper()
    return constant or item.typ in ("function", "class", "method", "property")


def complaints(found: set[str], allowed: dict[str, str]) -> Iterator[str]:
    """What is unused and not allowed, and what is allowed and not unused."""
    for name in sorted(found - allowed.keys()):
        yield f"{name} is not used: remove it, or say in toolchain/unused_code.py why it stays"
    for name in sorted(allowed.keys() - found):
        yield f"{name} is used or gone: take it off the list in toolchain/unused_code.py"


if __name__ == "__main__":
    said = list(complaints(unused(Path()), ALLOWED))
    sys.stderr.write("".join(f"{line}\n" for line in said))
    sys.exit(1 if said else 0)
