"""Inside the domain, commands come before events, state, policies and decisions; each step back is found."""

from itertools import combinations
from pathlib import Path

import pytest

from tests.architecture.domain_order import LAYERS, against_the_order, imports_of
from tests.architecture.planting import ROOT, bare_tree, plant


def test_every_module_of_the_domain_keeps_the_order() -> None:
    assert len(imports_of(ROOT)) > 50
    assert against_the_order(ROOT) == []


@pytest.mark.parametrize(("earlier", "later"), list(combinations(LAYERS, 2)))
def test_an_import_of_a_later_layer_is_found(tmp_path: Path, earlier: str, later: str) -> None:
    tree = bare_tree(tmp_path)
    plant(tree, f"domain/sale/{later}.py", "")
    plant(tree, f"domain/return_/{earlier}.py", f"from domain.sale.{later} import anything\n")
    assert against_the_order(tree) == [f"domain.return_.{earlier} -> domain.sale.{later}"]


def test_a_detour_to_a_later_layer_is_found(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path)
    plant(tree, "domain/sale/policies.py", "")
    plant(tree, "domain/sale/pricing.py", "from domain.sale import policies\n")
    plant(tree, "domain/sale/state.py", "import domain.sale.pricing\n")
    way = "domain.sale.state -> domain.sale.pricing -> domain.sale.policies"
    assert against_the_order(tree) == [way]


def test_a_layer_may_use_its_own_and_those_before_it(tmp_path: Path) -> None:
    tree = bare_tree(tmp_path)
    for place, layer in enumerate(LAYERS):
        used = "".join(f"import domain.sale.{before}\n" for before in LAYERS[:place])
        plant(tree, f"domain/sale/{layer}.py", used)
    plant(tree, "domain/return_/policies.py", "import domain.sale.policies\n")
    assert against_the_order(tree) == []
