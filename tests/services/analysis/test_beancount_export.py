"""The ledger as beancount reads it: its own checker finds nothing wrong, and balances stand as an
accountant expects.
"""

from datetime import UTC, datetime

from beancount import loader
from beancount.core import data, realization

from projections.commission_ledger.queries import LedgerEntry
from services.analysis.beancount_export import account_of, beancount

ANNA = "ass_" + "a" * 32


def entry(
    position: int, n: int, account: str, amount_minor: int, kind: str, currency: str = "USD"
) -> LedgerEntry:
    at = datetime(2024, 3, 5, tzinfo=UTC)
    return LedgerEntry(position, n, account, amount_minor, currency, kind, ANNA, "P1", "sal_1", None, 1, at)


ENTRIES = (
    entry(5, 0, "expense:commission", -675, "earned"),
    entry(5, 1, f"associate:{ANNA}", 675, "earned"),
    entry(9, 0, f"associate:{ANNA}", -675, "paid"),
    entry(9, 1, f"payable:{ANNA}", 675, "paid"),
)


def test_the_checker_accepts_it_and_expenses_are_positive_and_what_is_owed_negative() -> None:
    facts, errors, _ = loader.load_string("".join(beancount(ENTRIES)))
    assert errors == []
    assert len([fact for fact in facts if isinstance(fact, data.Transaction)]) == 2
    root = realization.realize(facts)
    balances = {
        name: str(realization.get_or_create(root, account_of(name)).balance)
        for name in ("expense:commission", f"associate:{ANNA}", f"payable:{ANNA}")
    }
    assert balances == {
        "expense:commission": "(6.75 USD)",
        f"associate:{ANNA}": "()",
        f"payable:{ANNA}": "(-6.75 USD)",
    }


def test_amounts_have_the_digits_of_their_currency() -> None:
    yen = (
        entry(5, 0, "expense:commission", -675, "earned", "JPY"),
        entry(5, 1, f"associate:{ANNA}", 675, "earned", "JPY"),
        entry(9, 0, "expense:commission", -675, "earned", "KWD"),
        entry(9, 1, f"associate:{ANNA}", 675, "earned", "KWD"),
    )
    facts, errors, _ = loader.load_string("".join(beancount(yen)))
    assert errors == []
    root = realization.realize(facts)
    held = realization.get_or_create(root, account_of("expense:commission")).balance
    assert sorted(str(position) for position in held) == ["0.675 KWD", "675 JPY"]
