"""Contracts for import-linter: which packages from outside a room may use, and no import cycles.

The linter's own "forbidden" contract needs every forbidden package by name, so that a new one would slip
through. `OnlyExternalsContract` is the other way round: what is not listed is refused. The linter's own
"acyclic siblings" compares packages; `AcyclicModulesContract` compares modules.
"""

import sys
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


class OnlyExternalsContract(Contract):
    """Keeps `source_modules` (and all below them) to the packages of `allowed` and the standard library.

    Options: `source_modules`, `allowed` (top-level packages from outside) and `forbidden_stdlib` (top-level
    modules of the standard library that are refused all the same). Only direct imports count.
    """

    type_name = "only_externals"

    source_modules = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField())
    forbidden_stdlib = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collects every direct import of a package from outside that is not granted."""
        refused: list[str] = []
        for room in sorted(self.source_modules):  # pyright: ignore[reportArgumentType]
            for importer in sorted({room} | graph.find_descendants(room)):
                for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                    if graph.is_module_squashed(imported) and not self._is_granted(imported):
                        details = graph.get_import_details(importer=importer, imported=imported)
                        lines = ", ".join(str(detail["line_number"]) for detail in details)
                        refused.append(f"{importer} -> {imported} (l.{lines})")
        return ContractCheck(kept=not refused, metadata={"refused": refused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Prints one line per refused import."""
        for line in check.metadata["refused"]:
            output.print_error(f"- {line}", bold=False)
        output.new_line()

    def _is_granted(self, package: str) -> bool:
        top = package.partition(".")[0]
        if top in self.allowed:  # pyright: ignore[reportOperatorIssue]
            return True
        refused: set[str] = self.forbidden_stdlib or set()  # pyright: ignore[reportAssignmentType]
        return top in sys.stdlib_module_names and top not in refused


class AcyclicModulesContract(Contract):
    """Refuses import cycles between the modules of `rooms`, imports inside functions included."""

    type_name = "acyclic_modules"

    rooms = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Finds the strongly connected components that hold more than one module."""
        rooms = tuple(f"{room}." for room in self.rooms)  # pyright: ignore[reportGeneralTypeIssues]
        modules = {module for module in graph.modules if f"{module}.".startswith(rooms)}
        imported = {
            module: sorted(graph.find_modules_directly_imported_by(module) & modules)
            for module in sorted(modules)
        }
        cycles = [" <-> ".join(sorted(found)) for found in _connected(imported) if len(found) > 1]
        return ContractCheck(kept=not cycles, metadata={"cycles": sorted(cycles)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Prints one line per cycle."""
        for line in check.metadata["cycles"]:
            output.print_error(f"- {line}", bold=False)
        output.new_line()


def _connected(imported: dict[str, list[str]]) -> Iterator[set[str]]:
    """The strongly connected components of a graph."""
    modules = list(imported)
    number = {module: place for place, module in enumerate(modules)}
    edges = [(number[module], number[other]) for module, others in imported.items() for other in others]
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    graph = coo_array(([1] * len(edges), (rows, columns)), shape=(len(modules), len(modules)))
    _, labels = connected_components(graph, connection="strong")
    components: dict[int, set[str]] = {}
    for module, label in zip(modules, labels, strict=True):
        components.setdefault(int(label), set()).add(module)
    yield from components.values()
