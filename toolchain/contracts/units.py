"""The unit of a field, by its name: units stand last in names."""

from typing import Final

#: The unit of a name, else of the first ending that it has.
_NAMES: Final = {
    "quantity": "units of goods",
    "minutes": "minutes",
    "minutes_before": "minutes",
    "rate_minutes": "minor units of the currency per hour, times minutes",
    "base_rate_minor": "minor units of the currency per hour",
    "regular_rate_minor": "minor units of the currency per hour",
    "typical_visit_minor": "minor units of the currency that the key names",
    "version": "ordinal number",
    "sequence": "ordinal number",
    "return_line": "ordinal number",
    "recency_doublings": "doublings",
    "breadth_half_at": "departments and channels",
    "relationship_half_at": "weighted events",
    "on": "day (ISO 8601)",
    "days": "days (ISO 8601)",
    "waits_for": "day (ISO 8601)",
}
_ENDINGS: Final = {
    "_minor": "minor units of the currency",
    "_bp": "basis points (1/10,000)",
    "_e4": "ten-thousandths of a minor unit",
    "_e3": "thousandths",
    "_e2": "hundredths",
    "_minutes": "minutes",
    "_hours": "hours",
    "_days": "days",
    "_points": "points of the score",
    "_points_max": "points of the score",
    "_weight": "weight",
    "_no": "ordinal number",
    "_id": "ordinal number",
    "_position": "position in the log",
    "_at": "instant, UTC (RFC 3339)",
    "_on": "day (ISO 8601)",
}
#: The kinds of values that have a unit.
_MEASURED: Final = ("integer", "number")


def unit_of(name: str, kinds: set[str], formats: set[str]) -> str | None:
    """The unit of a field of these JSON types and formats; None where it has none. Raises KeyError for a
    number, a day or an instant whose name says no unit.
    """
    if not kinds & set(_MEASURED) and not formats & {"date", "date-time"}:
        return None
    if name in _NAMES:
        return _NAMES[name]
    for ending, unit in _ENDINGS.items():
        if name.endswith(ending):
            return unit
    raise KeyError(f"the unit of {name}: let its name end in one, or add it to {__name__}")
