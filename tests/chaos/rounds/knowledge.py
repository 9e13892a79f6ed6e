"""What the clients of a house know from their answers: whom to sell to, what can come back."""

import threading
from dataclasses import dataclass, field
from typing import Any

Choice = Any


@dataclass
class SoldLine:
    """A line of an acknowledged sale: units that have not come back yet, as far as the clients know."""

    sale_id: str
    line_no: int
    units: int


@dataclass
class Knowledge:
    """Shared by all clients of a house and kept from round to round."""

    associates: list[str] = field(default_factory=list[str])
    customers: list[str] = field(default_factory=list[str])
    forgotten: list[str] = field(default_factory=list[str])
    lines: list[SoldLine] = field(default_factory=list[SoldLine])
    acts: list[str] = field(default_factory=list[str])
    wishes: list[str] = field(default_factory=list[str])
    open_periods: list[str] = field(default_factory=list[str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def learn(self, command: str, body: dict[str, Any], answer: dict[str, Any]) -> None:
        """Take in what an answer says came into being, or ended."""
        ids: dict[str, Any] = answer["ids"]
        with self.lock:
            if command == "hire-associate":
                self.associates.append(ids["associate_id"])
            elif command == "register-customer":
                self.customers.append(ids["customer_id"])
            elif command == "record-sale":
                self._learn_lines(ids["sale_id"], body)
            elif command == "report-heroic-act":
                self.acts.append(ids["act_id"])
            elif command == "record-wish":
                self.wishes.append(body["sku"])
            elif command == "forget-customer":
                self.forgotten.append(body["customer_id"])
                self._remove(self.customers, body["customer_id"])
            elif command == "associate-leaves":
                self._remove(self.associates, body["associate_id"])
            elif command == "open-pay-period":
                self.open_periods.append(body["period_id"])
            elif command == "close-pay-period":
                self._remove(self.open_periods, body["period_id"])

    def line_to_return(self, chance: Choice) -> SoldLine | None:
        """A line with a unit left, which is taken off it; None when nothing was sold."""
        with self.lock:
            left = [line for line in self.lines[-200:] if line.units]
            if not left:
                return None
            line = chance.choice(left)
            line.units -= 1
            return line

    def _learn_lines(self, sale_id: str, body: dict[str, Any]) -> None:
        for number, line in enumerate(body["lines"], 1):
            self.lines.append(SoldLine(sale_id, number, line["quantity"]))

    @staticmethod
    def _remove(known: list[str], one: str) -> None:
        if one in known:
            known.remove(one)
