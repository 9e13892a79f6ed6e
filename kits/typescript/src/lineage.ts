/** The epochs of the log: how often it was set back, and what a consumer has in common with it. */

/** Where the stream's metadata has the lineage. */
export const METADATA_KEY = "clienteling-lineage";

/** A checkpoint is of an epoch that the log has never been in: it was made with the log of another house. */
export class AnotherHouse extends Error {}

/** An epoch. Up to `common_position` its history is that of the epoch before it; 0 for the first. */
export interface Epoch {
  readonly epoch: string;
  readonly common_position: number;
}

/** All epochs of the log, the first one first. */
export class Lineage {
  readonly epochs: readonly Epoch[];

  constructor(epochs: readonly Epoch[]) {
    this.epochs = epochs;
  }

  /** The lineage that is noted in the metadata of the stream; empty where nothing is noted yet. */
  static fromMetadata(metadata: Record<string, string> | undefined): Lineage {
    return new Lineage(JSON.parse(metadata?.[METADATA_KEY] ?? "[]") as Epoch[]);
  }

  /** The epoch that the log is in. */
  get current(): string | undefined {
    return this.epochs.at(-1)?.epoch;
  }

  /** Whether the log has been in this epoch. */
  knows(epoch: string): boolean {
    return this.epochs.some((one) => one.epoch === epoch);
  }

  /**
   * Up to where what a consumer has of an epoch, up to a position, is still true: the least of all steps
   * since, not the last. Throws AnotherHouse.
   */
  commonPosition(epoch: string, position: number): number {
    const number = this.epochs.findIndex((one) => one.epoch === epoch);
    if (number < 0) {
      throw new AnotherHouse(`the log has never been in epoch ${epoch}; whose events are these?`);
    }
    const since = this.epochs.slice(number + 1);
    return since.reduce((least, one) => Math.min(least, one.common_position), position);
  }
}
