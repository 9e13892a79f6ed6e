"""How well the loyalty score ranks where it was not made: other cuts of the public files, and made-up
populations.

    python -m benchmarks.loyalty_score cuts          (the files in ../shared/data)
    python -m benchmarks.loyalty_score populations

Each line is one table cell of docs/loyalty-score.md: the score with calibrated and with default parameters,
in thousandths of AUC and of top-20 % capture above (or below) the best of BG/NBD, Pareto/NBD, RFM and the
past rate. A few minutes on two cores.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from domain.sale.events import SaleRecorded
from projections.loyalty_score.parameters import DEFAULT, Parameters
from projections.loyalty_score.score import points_of
from projections.loyalty_score.state import Goods, LoyaltyState, visit
from services.analysis.score.baselines import Repeats, bgnbd_expected, fit_bgnbd, past_rate, rfm
from services.analysis.score.calibration import calibrate
from services.analysis.score.purchase_events import ReadReport
from services.analysis.score.purchase_files import FileFormat, purchase_events
from services.analysis.score.ranking_measures import Measures, Numbers, measures_of

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
DAY = 86_400
CUSTOMERS = 2_500
Days = list[int]
#: Days with a purchase and what was spent on each, per customer.
Histories = list[tuple[Days, list[int]]]


def states_of(histories: Histories) -> list[LoyaltyState]:
    states: list[LoyaltyState] = []
    for days, spent_minor in histories:
        state = LoyaltyState()
        for n, (day, amount_minor) in enumerate(zip(days, spent_minor, strict=True)):
            visit(
                state,
                sale_id=str(n),
                sold_at=day * DAY,
                known_at=day * DAY,
                position=n,
                channel="store",
                currency="USD",
                goods=[Goods(None, 1, amount_minor)],
            )
        states.append(state)
    return states


def measure(name: str, histories: Histories, cut: int) -> None:
    """Rank the customers of these histories at the end of the day `cut`, and print how well."""
    until = max(days[-1] for days, _ in histories)
    known = [
        ([day for day in days if day <= cut], spent[: sum(day <= cut for day in days)])
        for days, spent in histories
        if days[0] <= cut
    ]
    after = np.array([sum(day > cut for day in days) for days, _ in histories if days[0] <= cut], float)
    repeats = Repeats(
        np.array([len(days) - 1 for days, _ in known], float),
        np.array([days[-1] - days[0] for days, _ in known], float),
        np.array([cut - days[0] for days, _ in known], float),
        np.array([sum(spent) for _, spent in known], float),
    )
    rankings = {
        "BG/NBD": bgnbd_expected(fit_bgnbd(repeats), repeats, until - cut),
        "Pareto/NBD": pareto_nbd_expected(repeats, until - cut),
        "RFM": rfm(repeats),
        "rate": past_rate(repeats),
    }
    others = {model: measures_of(ranks, after) for model, ranks in rankings.items()}
    states, as_of = states_of(known), (cut + 1) * DAY - 1
    cells = [
        measures_of(scores(states, as_of, found), after) for found in (calibrate(states, as_of), DEFAULT)
    ]
    told = "  ".join(f"{model} {m.auc:.3f} {m.top20_capture:.3f}" for model, m in others.items())
    sys.stdout.write(
        f"{name:>34}  {difference(cells[0], others)}  default {difference(cells[1], others)}   {told}\n"
    )
    sys.stdout.flush()


def scores(states: list[LoyaltyState], as_of: int, parameters: Parameters) -> Numbers:
    return np.array([sum(points_of(state, as_of, parameters)) for state in states], float)


def difference(ours: Measures, others: dict[str, Measures]) -> str:
    auc = ours.auc - max(m.auc for m in others.values())
    capture = ours.top20_capture - max(m.top20_capture for m in others.values())
    return f"{auc * 1000:+4.0f} {capture * 1000:+4.0f}"


def pareto_nbd_expected(customers: Repeats, ahead_days: float) -> Numbers:
    """Schmittlein, Morrison & Colombo (1987), by maximum likelihood, in Fader & Hardie's (2005) notation;
    time in weeks.
    """
    x, t_x, t = customers.repeats, customers.last_days / 7, customers.known_days / 7

    def log_a0(r: float, alpha: float, s: float, beta: float) -> Numbers:
        most, second = max(alpha, beta), s + 1 if alpha >= beta else r + x
        power, gap = r + s + x, abs(alpha - beta)
        first = special.hyp2f1(power, second, power + 1, gap / (most + t_x))
        last = special.hyp2f1(power, second, power + 1, gap / (most + t))
        inner = first - last * np.exp(-power * np.log((most + t) / (most + t_x)))
        return np.log(np.maximum(inner, 1e-300)) - power * np.log(most + t_x)

    def loss(logs: NDArray[np.float64]) -> float:
        r, alpha, s, beta = np.exp(np.clip(logs, -8, 8))
        alive = -(r + x) * np.log(alpha + t) - s * np.log(beta + t)
        left = np.log(s) - np.log(r + s + x) + log_a0(r, alpha, s, beta)
        constant = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        found = -float((constant + np.logaddexp(alive, left)).mean())
        return found if np.isfinite(found) else 1e10

    options = {"maxiter": 800, "xatol": 1e-4, "fatol": 1e-8}
    starts = ((-0.5, 2.3, -0.5, 2.3), (0.0, 2.0, -1.0, 3.0))
    tried = [
        optimize.minimize(loss, np.array(start), method="Nelder-Mead", options=options) for start in starts
    ]
    best = min(tried, key=lambda found: found.fun)
    r, alpha, s, beta = np.exp(np.clip(best.x, -8, 8))
    odds = (
        s
        / (r + s + x)
        * np.exp((r + x) * np.log(alpha + t) + s * np.log(beta + t) + log_a0(r, alpha, s, beta))
    )
    s = s + 1e-5 if abs(s - 1) < 1e-6 else s
    to_come = 1 - ((beta + t) / (beta + t + ahead_days / 7)) ** (s - 1)
    return (r + x) * (beta + t) / (alpha + t) / (s - 1) * to_come / (1 + odds)


def cuts() -> None:
    """Several cuts of each public file."""
    cdnow = histories_of(DATA / "cdnow-sample" / "CDNOW_sample.txt.gz", "cdnow")
    for cut in (date(1997, 6, 30), date(1997, 9, 30), date(1997, 12, 31), date(1998, 3, 31)):
        measure(f"CDNOW {cut}", cdnow, day_of(cut))
    retail = histories_of(DATA / "online-retail" / "online_retail.csv.gz", "online-retail")
    for month, last in ((2, 28), (4, 30), (6, 30), (8, 31), (9, 30), (10, 31)):
        cut = date(2011, month, last)
        measure(f"Online Retail {cut}", retail, day_of(cut))


def histories_of(path: Path, format: FileFormat) -> Histories:
    """Sales alone: returns are left out here, so that all models know the same."""
    spent: dict[str, dict[int, int]] = {}
    for event in purchase_events([path], format, {}, ReadReport()):
        if isinstance(event, SaleRecorded):
            days = spent.setdefault(event.customer_id or "", {})
            day = day_of(event.occurred_at.date())
            days[day] = days.get(day, 0) + event.net_minor
    return [(sorted(days), [days[day] for day in sorted(days)]) for _, days in sorted(spent.items())]


def day_of(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def drawn(
    chance: np.random.Generator,
    *,
    days: int,
    arrivals: float,
    r: float,
    alpha: float,
    s: float = 0.0,
    beta: float = 1.0,
    leaves_after: tuple[float, float] | None = None,
    regularity: float | None = 1.0,
    thinned: Callable[[float], float] | None = None,
    drift: float = 0.0,
) -> Histories:
    """Rates Gamma(r, alpha) and lifetimes Gamma(s, beta) a week (s 0: nobody leaves); with `leaves_after` (a,
    b), the chance of leaving after a repeat purchase is Beta(a, b). Customers arrive in the first `arrivals`
    days. Gaps are Gamma(regularity); None: each customer has one of their own. `thinned(day)` is the chance
    that a visit does not happen; `drift` is how far a rate wanders per visit. Spend is noise.
    """
    histories: Histories = []
    for _ in range(CUSTOMERS):
        rate = chance.gamma(r, 1 / alpha) / 7
        leaving = chance.gamma(s, 1 / beta) / 7 if s else 0.0
        shape = chance.gamma(2, 1.5) + 0.3 if regularity is None else regularity
        gives_up = chance.beta(*leaves_after) if leaves_after else 0.0
        at = chance.uniform(0, arrivals)
        until = min(float(days), at + chance.exponential(1 / leaving)) if leaving > 0 else float(days)
        usual = 3 + 0.5 * chance.normal()
        bought = {int(at): round(100 * chance.lognormal(usual, 0.5))}
        while len(bought) < 2_000:
            at += chance.gamma(shape, 1 / (shape * max(rate, 1e-9)))
            # Nobody comes more often than daily, however far a pace drifts.
            rate = min(rate * np.exp(chance.normal(0, drift)), 1.0) if drift else rate
            if at > until:
                break
            if thinned is not None and chance.uniform() < thinned(at):
                continue
            bought[int(at)] = round(100 * chance.lognormal(usual, 0.5))
            if chance.uniform() < gives_up:
                break
        histories.append((sorted(bought), [bought[day] for day in sorted(bought)]))
    return histories


def law(name: str, cut: int, **about: Any) -> tuple[str, int, dict[str, Any]]:
    """A population: its name, the day to rank it on, and what `drawn` makes it of."""
    return name, cut, about


def laws() -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Name, cut and law of each population."""
    pareto = {"r": 0.553, "alpha": 10.58, "s": 0.606, "beta": 11.67}
    yield law("Pareto/NBD, one cohort", 273, days=546, arrivals=84, **pareto)
    yield law("Pareto/NBD, staggered", 500, days=730, arrivals=540, **pareto)
    yield law(
        "BG/NBD, one cohort",
        273,
        days=546,
        arrivals=84,
        r=0.2426,
        alpha=4.4136,
        leaves_after=(0.7929, 2.4259),
    )
    yield law("NBD, nobody leaves", 500, days=730, arrivals=540, r=0.744, alpha=9.05)
    grocery = {"r": 1.5, "alpha": 4.0, "s": 0.5}
    yield law("grocery k=1.6, one cohort", 365, days=730, arrivals=90, **grocery, beta=30.0, regularity=1.6)
    yield law("grocery k=1.6, staggered", 365, days=730, arrivals=500, **grocery, beta=15.0, regularity=1.6)
    yield law("grocery k=3, one cohort", 365, days=730, arrivals=90, **grocery, beta=20.0, regularity=3.0)
    yearly: dict[str, Any] = {
        "days": 3650,
        "arrivals": 2500,
        "r": 1.2,
        "alpha": 60.0,
        "s": 0.6,
        "beta": 100.0,
    }
    yield law("a visit or two a year", 2550, **yearly)
    yield law("a visit or two a year, k=3", 2550, **yearly, regularity=3.0)
    yield law(
        "leaving after a purchase", 480, days=730, arrivals=400, r=0.6, alpha=6.0, leaves_after=(0.8, 2.5)
    )
    december = {"thinned": lambda at: 0.0 if at % 365 > 320 else 0.5}
    yield law("a December peak", 730, days=1095, arrivals=700, r=0.6, alpha=4.0, s=0.5, beta=20.0, **december)
    yield law("paces that drift", 730, days=1095, arrivals=700, r=0.8, alpha=8.0, s=0.5, beta=60.0, drift=0.5)
    yield law(
        "every regularity", 450, days=730, arrivals=300, r=0.8, alpha=6.0, s=0.6, beta=20.0, regularity=None
    )


def populations() -> None:
    """Made-up populations, the same on every run."""
    for number, (name, cut, law) in enumerate(laws()):
        measure(name, drawn(np.random.default_rng(number), **law), cut)


if __name__ == "__main__":
    {"cuts": cuts, "populations": populations}[sys.argv[1]]()
