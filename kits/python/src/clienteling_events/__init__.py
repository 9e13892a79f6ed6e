"""Consume the events of clienteling: each once, in order, nothing missing, across restores of its log."""

from clienteling_events.consumer import Consumer
from clienteling_events.continuity import (
    Checkpoint,
    Contradiction,
    Handle,
    LineageNeeded,
    PassOver,
    Refill,
    SetBack,
    Step,
    next_step,
)
from clienteling_events.events import TYPES, Event, decoded
from clienteling_events.history import History, HttpHistory, Refused
from clienteling_events.lanes import Lanes, in_lane, lane_of, lanes_of_worker, partition_of
from clienteling_events.lineage import AnotherHouse, Epoch, Lineage
from clienteling_events.message import EventMessage, NotAnEvent, message_from_line, message_from_stream
from clienteling_events.parking import Parking
from clienteling_events.ranges import EventRange, RangeHash, chained, differing
from clienteling_events.store import ParkedEvent, SqliteStore, State, Store
from clienteling_events.versions import VersionMissing, Versions

__all__ = [
    "TYPES",
    "AnotherHouse",
    "Checkpoint",
    "Consumer",
    "Contradiction",
    "Epoch",
    "Event",
    "EventMessage",
    "EventRange",
    "Handle",
    "History",
    "HttpHistory",
    "Lanes",
    "Lineage",
    "LineageNeeded",
    "NotAnEvent",
    "ParkedEvent",
    "Parking",
    "PassOver",
    "RangeHash",
    "Refill",
    "Refused",
    "SetBack",
    "SqliteStore",
    "State",
    "Step",
    "Store",
    "VersionMissing",
    "Versions",
    "chained",
    "decoded",
    "differing",
    "in_lane",
    "lane_of",
    "lanes_of_worker",
    "message_from_line",
    "message_from_stream",
    "next_step",
    "partition_of",
]
