"""Which rate a sold amount earns: the department's, else the tier's that the period's net sales have reached,
else the plan's.
"""

from domain.associate.commands import PayPlan
from domain.money import WHOLE_BP
from domain.sale.events import Band


def bands_of(plan: PayPlan, department: str | None, base_e4: int, reached_minor: int) -> tuple[Band, ...]:
    """An amount cut where it crosses a tier; at least one band, also of nothing.

    `base_e4` is the amount in ten-thousandths of a minor unit, `reached_minor` the running net sales of the
    period before it. Net sales below zero have reached no tier, not even one from zero.
    """
    if department is not None and department in plan.department_rates_bp:
        return (Band(base_e4, plan.department_rates_bp[department]),)
    rate_bp = plan.rate_bp
    if not plan.tiers:
        return (Band(base_e4, rate_bp),)
    lower = reached_minor * WHOLE_BP
    end = lower + base_e4
    bands: list[Band] = []
    for tier in plan.tiers:
        threshold = tier.from_minor * WHOLE_BP
        if lower < threshold < end:
            bands.append(Band(threshold - lower, rate_bp))
            lower = threshold
        if threshold <= lower:
            rate_bp = tier.rate_bp
    return (*bands, Band(end - lower, rate_bp))


def without_last(bands: tuple[Band, ...], base_e4: int) -> tuple[Band, ...]:
    """Bands without so much of their amount, the last (marginal) rate first; at least one band is left."""
    left: list[Band] = []
    for band in reversed(bands):
        off_e4 = min(base_e4, band.base_e4)
        base_e4 -= off_e4
        left.append(Band(band.base_e4 - off_e4, band.rate_bp))
    return tuple(reversed(left))


def rescaled(bands: tuple[Band, ...], base_e4: int) -> tuple[Band, ...]:
    """The same rates on a larger or smaller share of the same line, in the same proportions.

    A correction changes how much of a line is somebody's, never the rates that were frozen on the day it was
    sold.
    """
    former_e4 = sum(band.base_e4 for band in bands)
    if former_e4 == 0:
        return bands
    scaled: list[Band] = []
    before_e4 = done_e4 = 0
    for band in bands:
        before_e4 += band.base_e4
        upper_e4 = before_e4 * base_e4 // former_e4
        scaled.append(Band(upper_e4 - done_e4, band.rate_bp))
        done_e4 = upper_e4
    return tuple(scaled)
