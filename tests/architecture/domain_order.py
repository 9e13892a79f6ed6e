"""The order inside the domain, as functions of a root folder: commands, events, state, policies, decisions.

A module of one layer reaches only its own layer and those before it, directly or by way of any other module.
"""

import ast
from pathlib import Path

LAYERS = ("commands", "events", "state", "policies", "decisions")


def module_of(root: Path, file: Path) -> str:
    """The dotted name of a Python file below a root folder."""
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imports_of(root: Path) -> dict[str, set[str]]:
    """Which modules of the domain each of them imports."""
    files = {module_of(root, file): file for file in (root / "domain").rglob("*.py")}
    return {
        module: {name for name in _imported(file.read_text(encoding="utf-8")) if name in files}
        for module, file in files.items()
    }


def _imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return names


def layer_of(module: str) -> str | None:
    """The layer of a module in a room of the domain, or None for one that has no place in the order."""
    parts = module.split(".")
    return parts[2] if len(parts) == 3 and parts[2] in LAYERS else None


def against_the_order(root: Path) -> list[str]:
    """Modules that reach a later layer, each with the way to it."""
    imports = imports_of(root)
    wrong: list[str] = []
    for module in sorted(imports):
        layer = layer_of(module)
        if layer is None:
            continue
        later = LAYERS[LAYERS.index(layer) + 1 :]
        wrong.extend(" -> ".join(way) for way in _ways(imports, module) if layer_of(way[-1]) in later)
    return wrong


def _ways(imports: dict[str, set[str]], start: str) -> list[tuple[str, ...]]:
    """The shortest way from a module to each that it reaches."""
    found: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = [start]
    for module in waiting:
        for imported in sorted(imports[module]):
            if imported not in found:
                found[imported] = (*found[module], imported)
                waiting.append(imported)
    return list(found.values())
