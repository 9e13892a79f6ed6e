"""A contract for import-linter: which packages from outside a room may use.

The linter's own "forbidden" contract needs every forbidden package by name, so that a new one would slip
through. This one is the other way round: what is not listed is refused.
"""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


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
        return top in sys.stdlib_module_names and top not in (self.forbidden_stdlib or ())  # pyright: ignore[reportOperatorIssue]
