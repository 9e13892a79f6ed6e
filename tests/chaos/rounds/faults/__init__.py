"""Every fault that a schedule can name, with how often it is drawn and how long it lasts."""

from tests.chaos.rounds.faults.operations import OPERATIONS
from tests.chaos.rounds.faults.scene import Fault
from tests.chaos.rounds.faults.server_faults import SERVER_FAULTS
from tests.chaos.rounds.faults.service_faults import SERVICE_FAULTS
from tests.chaos.rounds.faults.socket_faults import SOCKET_FAULTS
from tests.chaos.rounds.faults.stream_faults import STREAM_FAULTS

ALL_FAULTS: dict[str, Fault] = {
    **SERVICE_FAULTS,
    **SERVER_FAULTS,
    **STREAM_FAULTS,
    **SOCKET_FAULTS,
    **OPERATIONS,
}
