"""What service is measured against in one past: standards in force, days of stores, who worked where."""

from collections.abc import Iterable, Iterator
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from domain.pay_period.commands import COMPANY
from projections.service_terms import ActStep, ContextRow, Cut, StandardVersion, day_of, zone


class InForce(msgspec.Struct, frozen=True):
    """A version of a standard, and whose it is: the company's or a store's own."""

    scope: str
    version: int
    within_days: int


class VerifiedAct(msgspec.Struct, frozen=True):
    """An act that counts: verified, not revoked, the first of its reports. `told` is its first telling."""

    act_id: str
    customer_id: str | None
    store_id: str | None
    verified: ActStep
    told: ActStep | None


class Terms:
    """The terms of a past; `rows` are the context's, those that are asked for at least."""

    def __init__(self, rows: Iterable[ContextRow], cut: Cut) -> None:
        self._standards: Final[dict[str, list[StandardVersion]]] = {}
        self._stores: Final[dict[str, ZoneInfo]] = {}
        self._calendars: Final[dict[str, ZoneInfo]] = {}
        self._associates: Final[dict[str, ContextRow]] = {}
        self._acts: Final[list[ContextRow]] = []
        self.cut: Final = cut
        for row in rows:
            if row.standards and row.scope is not None:
                self._standards[row.scope] = cut.known(row.standards)
            if row.scope is not None and (clocks := cut.known(row.clocks)):
                by_scope = self._stores if row.key.startswith("sto_") else self._calendars
                by_scope[row.scope] = zone(clocks[-1].time_zone)
            if row.hired or row.workplaces or row.left:
                self._associates[row.key] = row
            if row.verified:
                self._acts.append(row)

    def zone_of(self, store_id: str | None) -> ZoneInfo:
        """The store's own time zone, else that of its pay calendar, else the company's, else UTC."""
        store = store_id or COMPANY
        found = self._stores.get(store) or self._calendars.get(store) or self._calendars.get(COMPANY)
        return found or zone("UTC")

    def in_force(self, kind: str, store_id: str | None, day: int) -> InForce | None:
        """The standard for what falls due at a store on a day: the store's own, else the company's."""
        for scope in dict.fromkeys((store_id or COMPANY, COMPANY)):
            versions = [
                one for one in self._standards.get(scope, ()) if one.kind == kind and one.effective_on <= day
            ]
            latest = max(versions, key=lambda one: one.version, default=None)
            if latest is not None and latest.within_days is not None:
                return InForce(scope, latest.version, latest.within_days)
        return None

    def versions(self) -> Iterator[tuple[str, StandardVersion]]:
        """Every version, by scope, as it was said."""
        for scope in sorted(self._standards):
            for version in self._standards[scope]:
                yield scope, version

    def target_bp(self, scope: str, kind: str, version: int) -> int:
        """The share that a version asks for."""
        return next(
            one.target_bp or 0 for one in self._standards[scope] if (one.kind, one.version) == (kind, version)
        )

    @property
    def within_days_max(self) -> int:
        """The longest time that any standard ever gave."""
        return max((version.within_days or 0 for _, version in self.versions()), default=0)

    def works_here(self, associate_id: str, day: int) -> bool:
        """Whether somebody's last day is not before a day."""
        row = self._associates.get(associate_id)
        days = self.cut.known(row.left) if row is not None else []
        return not days or day <= days[-1].day

    def store_of(self, associate_id: str | None, at: int) -> str | None:
        """Where somebody worked at an instant; before they were hired, where they began."""
        row = self._associates.get(associate_id or "")
        places = self.cut.known(row.workplaces) if row is not None else []
        by_then = [place for place in places if place.at <= at] or places[:1]
        return by_then[-1].store_id if by_then else None

    def employed(self) -> Iterator[tuple[str, int]]:
        """Whoever works here at the end of this past, and the day on which they began."""
        for associate_id, row in sorted(self._associates.items()):
            first = self.cut.known(row.hired)
            clock = self.zone_of(self.store_of(associate_id, self.cut.at))
            if first and self.works_here(associate_id, day_of(self.cut.at, clock)):
                yield associate_id, first[-1].day

    def acts(self) -> Iterator[VerifiedAct]:
        """The verified acts; whose store is not said, in that of their first hero."""
        for row in self._acts:
            reported, verified = self.cut.known(row.reported), self.cut.known(row.verified)
            if not reported or not verified or self.cut.known(row.revoked) or reported[0].is_duplicate:
                continue
            report, first = reported[0], verified[0]
            store_id = report.store_id
            if store_id is None and report.heroes:
                store_id = self.store_of(report.heroes[0], first.at)
            told = min(self.cut.known(row.told), key=lambda step: step.at, default=None)
            yield VerifiedAct(row.key, report.customer_id, store_id, first, told)
