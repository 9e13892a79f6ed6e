"""The TOML file that maps columns."""

from pathlib import Path

import pytest

from services.importing.formats.mapped_csv.mapping import Mapping, mapping_of
from services.importing.pipeline.csv_files import UnusableFile

LEAST = 'name = "till"\ncurrency = "EUR"\n[columns]\ndate = "D"\nsku = "S"\nunit_price = "P"\n'
EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "import.toml"


def written(folder: Path, content: str) -> Path:
    path = folder / "map.toml"
    path.write_text(content)
    return path


def test_the_example_is_a_mapping_and_names_every_kind_of_key() -> None:
    mapping = mapping_of(EXAMPLE)
    assert isinstance(mapping, Mapping)
    assert (mapping.columns.associate, mapping.file.decimal_comma, mapping.pay.rates_bp) == (
        "Verkäufer",
        True,
        {"Anna": 800},
    )


def test_a_few_keys_are_enough(tmp_path: Path) -> None:
    mapping = mapping_of(written(tmp_path, LEAST))
    assert (mapping.time_zone, mapping.channel, mapping.pay.rate_bp) == ("UTC", "store", 675)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name = ", "is no TOML"),
        (LEAST.replace("date", "dates"), r"there is no key 'dates' in \[columns\]: did you mean date\?"),
        ("colour = 1\n" + LEAST, "there is no key 'colour'"),
        (LEAST + "[retruns]\nkinds = []\n", r"there is no key 'retruns': did you mean returns\?"),
        (LEAST.replace('currency = "EUR"\n', ""), "missing required field `currency`"),
        (
            LEAST.replace('"EUR"', '"euro"'),
            ": currency: must be a code of three capital letters, such as EUR$",
        ),
        (LEAST.replace('"EUR"', "5"), r": currency: Expected `str`, got `int`$"),
        (LEAST.replace('unit_price = "P"\n', ""), "needs unit_price, amount, or both"),
        (LEAST + 'discount = "a"\ndiscount_percent = "b"\n', "discount or discount_percent, not both"),
        ('time_zone = "Europe/Atlantis"\n' + LEAST, "time_zone 'Europe/Atlantis' is not known"),
        (LEAST + '[file]\nencoding = "klingon"\n', "encoding 'klingon' is not known"),
        (LEAST + '[returns]\nkinds = ["R"]\n', "needs the column that holds them"),
        ("prices_include_tax = true\n" + LEAST, "needs to know the tax"),
        (LEAST.replace('"till"', '"northwind"'), "is a format of its own"),
        (
            LEAST.replace('"till"', '"Our Till"'),
            r": name: must be 1 to 40 small letters, digits and hyphens$",
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_is_wrong_with_it(tmp_path: Path, content: str, says: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(UnusableFile, match=says) as refusal:
        mapping_of(path)
    assert str(refusal.value).startswith(str(path))


def test_a_missing_mapping_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="no such file"):
        mapping_of(tmp_path / "nothing.toml")
