"""How many decimals amounts of a currency have."""

from domain.currencies import CURRENCIES, EXPONENTS


def test_every_currency_has_its_decimals() -> None:
    assert EXPONENTS.keys() == CURRENCIES
    assert {code: EXPONENTS[code] for code in ("USD", "EUR", "JPY", "KWD", "CLF", "MGA")} == {
        "USD": 2, "EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "MGA": 2,
    }  # fmt: skip
