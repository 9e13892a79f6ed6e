/** Consume the events of clienteling: each once, in order, nothing missing, across restores of its log. */

export { type Checkpoint, nextStep, type Step } from "./continuity.ts";
export * from "./events.ts";
export { AnotherHouse, type Epoch, Lineage, METADATA_KEY } from "./lineage.ts";
export { type EventMessage, type Header, messageFromLine, messageFromStream, NotAnEvent } from "./message.ts";
export { chained, differing, type EventRange, RANGE_POSITIONS, RangeHash } from "./ranges.ts";
export { Consumer, type Handlers } from "./consumer.ts";
export { type History, HttpHistory, Refused, Unanswered } from "./history.ts";
export { inLane, laneOf, Lanes, lanesOfWorker, partitionOf } from "./lanes.ts";
export { Parking } from "./parking.ts";
export { type PgClient, PostgresStore } from "./postgres.ts";
export { type ParkedEvent, type ParkingStore, SqliteStore, type State, type Store } from "./store.ts";
export { consume, DOMAIN, STREAM } from "./stream.ts";
