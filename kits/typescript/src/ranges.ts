/**
 * Proof of having what the log has: count and chained hash of the events in each range of positions, as
 * `GET /v1/events/ranges` gives them.
 */

import { hash } from "node:crypto";
import type { EventMessage } from "./message.ts";

/** Ranges end at multiples of this. */
export const RANGE_POSITIONS = 10_000;
const BEGINNING = "0".repeat(64);

type Hashed = Pick<EventMessage, "position" | "type" | "subject" | "version" | "customer" | "data">;

/** The events from one position to another, both included: how many, and their chained hash (hex). */
export interface EventRange {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly hash: string;
}

/** The hash behind an event: SHA-256 over the hash before it (32 bytes), its place and its bytes. All hex. */
export function chained(before: string, message: Hashed): string {
  const { position, type, subject, version, customer, data } = message;
  const place = `${position}\n${type}\n${subject}\n${version}\n${customer ?? ""}\n`;
  return hash("sha256", Buffer.concat([Buffer.from(before, "hex"), Buffer.from(place), data]), "hex");
}

/**
 * What is known of the range that a consumer is in. To be stored with the checkpoint. One who begins behind
 * position N begins with `RangeHash.from(N + 1)`.
 */
export class RangeHash {
  readonly from: number;
  readonly count: number;
  readonly hash: string;

  constructor(from: number, count: number, hash: string) {
    this.from = from;
    this.count = count;
    this.hash = hash;
  }

  static from(position: number): RangeHash {
    return new RangeHash(position, 0, BEGINNING);
  }

  /** The hash behind an event, and the range that ended before it, if one did: to be kept. */
  withEvent(message: Hashed): { at: RangeHash; ended: EventRange | null } {
    const last = endOf(this.from);
    if (message.position <= last) {
      return { at: new RangeHash(this.from, this.count + 1, chained(this.hash, message)), ended: null };
    }
    const begun = RangeHash.from(endOf(message.position) - RANGE_POSITIONS + 1);
    return { at: begun.withEvent(message).at, ended: this.until(last) };
  }

  /** The range as it is up to a position, to be compared now. */
  until(position: number): EventRange {
    return { from: this.from, to: position, count: this.count, hash: this.hash };
  }
}

/**
 * The ranges of the log that a consumer has otherwise, or not at all. One without events need not be kept.
 */
export function differing(ours: readonly EventRange[], theirs: readonly EventRange[]): EventRange[] {
  const kept = new Map(ours.map((one) => [`${one.from}-${one.to}`, one]));
  return theirs.filter((one) => {
    const own = kept.get(`${one.from}-${one.to}`);
    return own === undefined ? one.count > 0 : own.count !== one.count || own.hash !== one.hash;
  });
}

function endOf(position: number): number {
  return Math.ceil(position / RANGE_POSITIONS) * RANGE_POSITIONS;
}
