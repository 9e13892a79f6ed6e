"""Problems of rows, reported without repeating personal data."""

import msgspec


class RowProblem(msgspec.Struct, frozen=True):
    """The place (`line` 0 where there is none), the kind of value found there, and what is wrong with it."""

    file: str
    line: int
    column: str
    found: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}" if self.line else self.file
        if self.column:
            where = f"{where}, column {self.column}"
        return f"{where}: {self.found} {self.reason}" if self.found else f"{where}: {self.reason}"


def kind_of(text: str) -> str:
    """Describe a text without repeating it."""
    if not text.strip():
        return "nothing"
    if text.strip().isdecimal():
        return f"a number of {len(text.strip())} digits"
    kinds = [
        name
        for name, holds in (
            ("letters", str.isalpha),
            ("digits", str.isdecimal),
            ("blanks", str.isspace),
            ("signs", lambda sign: not sign.isalnum() and not sign.isspace()),
        )
        if any(holds(character) for character in text)
    ]
    return f"a text of {len(text)} characters ({', '.join(kinds)})"
