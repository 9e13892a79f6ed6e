"""A wrong row is planted in a table of a house at rest: status has to say so within a minute, and name what
mends it.
"""

import time

from tests.chaos.rounds.house import House
from tests.chaos.rounds.oracle.settling import connected, status
from tests.chaos.rounds.pace import pace

#: Within so long status says that a row is wrong.
TOLD_SECONDS = 60.0

#: By projection, what is done to the row of one key.
WRONG = (
    ("commission_ledger", "UPDATE projections.commission_ledger SET balance_minor = balance_minor + 100"),
    ("clientele_book", "UPDATE projections.clientele_book SET primary_owner = 'ass_x'"),
    ("heroics_wall", "UPDATE projections.heroics_wall SET status = 'revoked!'"),
    ("loyalty_score", "UPDATE projections.loyalty_score SET sales = sales + 1"),
    ("associate_directory", "DELETE FROM projections.associate_directory"),
)


def plant_and_mend(house: House, target: float) -> tuple[list[str], float]:
    """What was wrong with how it was told and mended, and after how many seconds it was told."""
    name, statement = WRONG[int(target * len(WRONG)) % len(WRONG)]
    with connected(house) as connection:
        keys = [
            row[0] for row in connection.execute(f"SELECT key FROM projections.{name} ORDER BY key".encode())
        ]
        if not keys:
            return [], 0.0
        key = keys[int(target * 1_000) % len(keys)]
        connection.execute(f"{statement} WHERE key = %s".encode(), (key,))
    began = time.monotonic()
    within_seconds = TOLD_SECONDS * pace()
    while True:
        code, said = status(house)
        told = [line for line in said["projections"] if line["name"] == name and line["trouble"]]
        if code == 1 and told and key in told[0]["trouble"]:
            break
        if time.monotonic() - began > within_seconds:
            return [
                f"a wrong row of {key} in {name} was not told within {within_seconds:.0f} s"
            ], within_seconds
        time.sleep(1)
    seconds = time.monotonic() - began
    code, _, complained = house.command("projections", "rebuild", name, "--key", key)
    return [f"rebuild {name} --key {key} ended with {code}: {complained}"] if code else [], seconds
