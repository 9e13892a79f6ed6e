"""What a client asks for: a command's name and body, drawn from what is known of the house."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from infra.clock import now
from tests.chaos.rounds.knowledge import Knowledge

#: A command's name and its body; None where nothing is known yet that it could be about.
Order = tuple[str, dict[str, Any]] | None
Make = Callable[[Knowledge, Any, str], Order]

DEPARTMENTS = ("shoes", "dresses", "bags")
STORES = ("downtown", "airport")


def hire(_: Knowledge, chance: Any, key: str) -> Order:
    """Somebody joins; the reference is the key, so that nobody can join twice unseen."""
    plan = {
        "currency": "USD",
        "base_rate_minor": chance.choice((800, 1_000)),
        "rate_bp": chance.choice((675, 700, 1_000)),
        "deficit_policy": chance.choice(("carry", "forgive", "recoverable_draw")),
    }
    return "hire-associate", {
        "name": f"Associate {key}",
        "reference": key,
        "store_id": chance.choice(STORES),
        "department": chance.choice(DEPARTMENTS),
        "hired_on": (now() - timedelta(days=400)).date().isoformat(),
        "plan": plan,
    }


def register(_: Knowledge, chance: Any, key: str) -> Order:
    """A customer becomes known."""
    return "register-customer", {
        "reference": key,
        "name": f"Customer {key}",
        "store_id": chance.choice(STORES),
    }


def sell(known: Knowledge, chance: Any, key: str) -> Order:
    """A sale of one to three lines, some of them split; the key is the receipt's number."""
    if not known.associates:
        return None
    return sale_by(known, chance, key, list(known.associates))


def sale_by(known: Knowledge, chance: Any, key: str, sellers: list[str]) -> Order:
    """A sale by some of these associates, to a customer or a walk-in."""
    body: dict[str, Any] = {
        "store_id": chance.choice(STORES),
        "currency": "USD",
        "receipt_no": key,
        "lines": [_line(chance, key, number, sellers) for number in range(chance.randint(1, 3))],
    }
    if known.customers and chance.random() < 0.8:
        body["customer_id"] = chance.choice(list(known.customers))
    if chance.random() < 0.2:
        body["order_discount_minor"] = chance.randint(1, 99)
    return "record-sale", body


def _line(chance: Any, key: str, number: int, sellers: list[str]) -> dict[str, Any]:
    chosen = chance.sample(sellers, min(len(sellers), chance.choice((1, 1, 1, 2))))
    shares = [10_000] if len(chosen) == 1 else [6_000, 4_000]
    return {
        "sku": f"SKU-{chance.randint(1, 40)}",
        "description": f"Article {key}.{number}",
        "label": chance.choice(("Calzari", "Fontana")),
        "department": chance.choice(DEPARTMENTS),
        "quantity": chance.randint(1, 4),
        "unit_price_minor": chance.randint(500, 60_000),
        "tax_minor": chance.randint(0, 500),
        "attribution": [
            {"associate_id": one, "share_bp": share} for one, share in zip(chosen, shares, strict=True)
        ],
    }


def take_back(known: Knowledge, chance: Any, key: str) -> Order:
    """One unit of a sold line comes back."""
    line = known.line_to_return(chance)
    if line is None:
        return None
    lines = [{"line_no": line.line_no, "quantity": 1}]
    return "accept-return", {
        "sale_id": line.sale_id,
        "store_id": chance.choice(STORES),
        "lines": lines,
        "reason": f"Reason {key}",
    }


def correct(known: Knowledge, chance: Any, key: str) -> Order:
    """Somebody else sold a line."""
    if not known.lines or not known.associates:
        return None
    line = chance.choice(known.lines[-200:])
    attribution = [{"associate_id": chance.choice(list(known.associates))}]
    body = {"sale_id": line.sale_id, "line_no": line.line_no, "attribution": attribution, "reason": key}
    return "correct-attribution", body


def hours(known: Knowledge, chance: Any, _: str) -> Order:
    """A day's minutes, often of a day that was recorded before."""
    if not known.associates:
        return None
    return "record-hours", {
        "associate_id": chance.choice(list(known.associates)),
        "worked_on": (now() - timedelta(days=chance.randint(0, 6))).date().isoformat(),
        "selling_minutes": chance.randint(0, 480),
        "non_selling_minutes": chance.randint(0, 60),
    }


def act(known: Knowledge, chance: Any, key: str) -> Order:
    """A heroic act of one or two associates."""
    if not known.associates:
        return None
    return act_of(known, chance, key, list(known.associates))


def act_of(known: Knowledge, chance: Any, key: str, heroes: list[str]) -> Order:
    """A heroic act of some of these associates."""
    body: dict[str, Any] = {
        "heroes": chance.sample(heroes, min(len(heroes), chance.choice((1, 1, 2)))),
        "kind": chance.choice(("delivery", "alteration", "went_the_distance")),
        "story": f"Story {key}",
        "store_id": chance.choice(STORES),
        "cost_minor": chance.randint(0, 3_000),
    }
    if known.customers and chance.random() < 0.7:
        body["customer_id"] = chance.choice(list(known.customers))
    return "report-heroic-act", body


def judge(known: Knowledge, chance: Any, key: str) -> Order:
    """An act is verified, rejected, revoked or retold."""
    if not known.acts:
        return None
    act_id = chance.choice(known.acts[-60:])
    kind = chance.choice(("verify", "verify", "reject", "revoke", "retell"))
    body = {"act_id": act_id, "told_to": key} if kind == "retell" else {"act_id": act_id}
    return f"{kind}-heroic-act", body


def note(known: Knowledge, chance: Any, key: str) -> Order:
    """Something small about a customer: a note, a size, a taste, a contact, a permission."""
    if not known.customers:
        return None
    customer = {"customer_id": chance.choice(list(known.customers))}
    caller = {"contacted_by": chance.choice(list(known.associates))} if known.associates else None
    orders: list[tuple[str, dict[str, Any]]] = [
        ("add-note", {**customer, "text": f"Note {key}"}),
        ("record-size", {**customer, "kind": "shoe", "size": key}),
        ("record-taste", {**customer, "kind": "label", "value": key}),
        ("set-contact-preference", {**customer, "channel": "call", "allowed": chance.random() < 0.7}),
    ]
    if caller is not None:
        orders.append(("log-contact", {**customer, **caller, "channel": "call", "purpose": "thank_you"}))
    return chance.choice(orders)


def wish(known: Knowledge, chance: Any, key: str) -> Order:
    """A customer waits for an article of their own."""
    if not known.customers:
        return None
    return "record-wish", {"customer_id": chance.choice(list(known.customers)), "sku": f"W-{key}"}


def arrival(known: Knowledge, chance: Any, _: str) -> Order:
    """An article comes in that somebody waits for."""
    if not known.wishes:
        return None
    items = [{"sku": chance.choice(known.wishes[-40:]), "quantity": 1}]
    return "record-stock-arrival", {"store_id": chance.choice(STORES), "items": items}


def own(known: Knowledge, chance: Any, _: str) -> Order:
    """A customer gets an owner by hand."""
    if not known.customers or not known.associates:
        return None
    body = {
        "customer_id": chance.choice(list(known.customers)),
        "associate_id": chance.choice(list(known.associates)),
    }
    return chance.choice(
        (("assign-owner", {**body, "role": "secondary"}), ("reassign-owner", body), ("assign-owner", body))
    )


def forget(known: Knowledge, chance: Any, _: str) -> Order:
    """A customer asks to be forgotten."""
    if len(known.customers) < 5:
        return None
    return "forget-customer", {"customer_id": chance.choice(list(known.customers))}


def leave(known: Knowledge, chance: Any, _: str) -> Order:
    """An associate leaves, and their book goes to a successor."""
    if len(known.associates) < 6:
        return None
    leaver, successor = chance.sample(list(known.associates), 2)
    return "associate-leaves", {"associate_id": leaver, "successors": [successor]}


#: What a busy shop asks for, with weights.
MIXED: tuple[tuple[Make, int], ...] = (
    (hire, 1), (register, 6), (sell, 16), (take_back, 8), (correct, 4), (hours, 6), (act, 6), (judge, 6),
    (note, 8), (wish, 3), (arrival, 2), (own, 3), (forget, 1), (leave, 1),
)  # fmt: skip


def periods() -> list[tuple[str, dict[str, Any]]]:
    """Three pay periods of the company: one that is over, the present one, the next."""
    today = now().date()
    bounds = ((today - timedelta(days=10), today - timedelta(days=4)), (today - timedelta(days=3), today))
    named = [*bounds, (today + timedelta(days=1), today + timedelta(days=30))]
    return [
        (
            "open-pay-period",
            {"period_id": f"P{number}", "starts_on": first.isoformat(), "ends_on": last.isoformat()},
        )
        for number, (first, last) in enumerate(named, 1)
    ]
