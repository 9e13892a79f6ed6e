"""A measured figure and the floor or peer it is held against."""

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`value` and `floor` are both in `unit`, measured in the same run on the same machine.

    `ratio` = value / floor; `goal` is the least ratio that is asked for; `of` and `against` say what was
    measured.
    """

    name: str
    of: str
    against: str
    value: float
    floor: float
    unit: str
    goal: float

    @property
    def ratio(self) -> float:
        """How many times the floor the figure is."""
        return self.value / self.floor if self.floor else float("inf")
