"""A chart of curves over a logarithmic scale, as SVG that is written by hand so that nothing has to be
installed.
"""

import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 360, 60, 200, 40, 40
LINE_HEIGHT = 14
COLOURS = ("#1b6ca8", "#c2571a", "#6b7280", "#2e7d32")


def drawn(title: str, across: Sequence[int], curves: Mapping[str, Sequence[float]]) -> str:
    """The chart: `across` on a logarithmic scale from left to right, the values of each curve from zero
    upwards.
    """
    highest = _rounded_up(max(value for values in curves.values() for value in values))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{title}</text>',
    ]
    for step in range(5):
        value = highest * step / 4
        y = _y(value, highest)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.0f}" y2="{y:.0f}" stroke="#e5e7eb"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{value:g}</text>')
    for one in across:
        x = _x(one, across)
        lines.append(f'<text x="{x:.0f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{one:,}</text>')
    names_at = _apart({name: _y(values[-1], highest) for name, values in curves.items()})
    for colour, (name, values) in zip(COLOURS, curves.items(), strict=False):
        places = [(_x(one, across), _y(value, highest)) for one, value in zip(across, values, strict=True)]
        points = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.extend(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>' for x, y in places)
        x, _ = places[-1]
        lines.append(f'<text x="{x + 10:.0f}" y="{names_at[name] + 4:.0f}" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _x(one: int, across: Sequence[int]) -> float:
    least, most = math.log10(min(across)), math.log10(max(across))
    share = (math.log10(one) - least) / (most - least) if most > least else 0
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(value: float, highest: float) -> float:
    return HEIGHT - BOTTOM - value / highest * (HEIGHT - TOP - BOTTOM)


def _apart(heights: Mapping[str, float]) -> dict[str, float]:
    """The heights, from the lowest upwards moved so that none is less than a line from the next."""
    moved: dict[str, float] = {}
    free = float(HEIGHT)
    for name, y in sorted(heights.items(), key=lambda each: -each[1]):
        moved[name] = min(y, free)
        free = moved[name] - LINE_HEIGHT
    return moved


def _rounded_up(value: float) -> float:
    step = 10 ** math.floor(math.log10(value))
    return math.ceil(value / step) * step
