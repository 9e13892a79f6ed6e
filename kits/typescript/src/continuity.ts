/**
 * What to do with the next message, by the places that messages and the checkpoint say. Nothing is asked of
 * anybody: the same message, checkpoint and lineage always give the same step.
 */

import type { Lineage } from "./lineage.ts";
import type { EventMessage } from "./message.ts";

/**
 * Up to where a consumer has handled the log, and in which epoch. To be stored in the transaction in which
 * the events were handled. Not `exact` (true where it is left out): no event needs to have this position.
 */
export interface Checkpoint {
  readonly epoch: string;
  readonly position: number;
  readonly exact?: boolean;
}

export type Step =
  /** It is next. `checkpoint` is the one behind it. */
  | { readonly type: "handle"; readonly checkpoint: Checkpoint }
  /** It was handled before, or is of an epoch that is over: acknowledge it and go on. */
  | { readonly type: "pass_over"; readonly why: string }
  /** Events are missing: get them behind `after` up to `up_to` from `GET /v1/events`, then look again. */
  | { readonly type: "refill"; readonly after: number; readonly up_to: number }
  /**
   * The log was set back: undo what came of events behind the checkpoint's position, store it, look again.
   */
  | { readonly type: "set_back"; readonly checkpoint: Checkpoint }
  /** It is of an unknown epoch: read the lineage anew. If it is still not known, pass the message over. */
  | { readonly type: "lineage_needed"; readonly epoch: string }
  /** It says that nothing is where an event was handled: one of the two is not from the log. Reconcile. */
  | { readonly type: "contradiction"; readonly position: number };

/** What to do with a message. Throws AnotherHouse when the checkpoint is of a log that this is not. */
export function nextStep(
  checkpoint: Checkpoint,
  message: Pick<EventMessage, "position" | "previousPosition" | "epoch">,
  lineage: Lineage,
): Step {
  const current = lineage.current;
  if (current === undefined || !lineage.knows(message.epoch)) {
    return { type: "lineage_needed", epoch: message.epoch };
  }
  if (checkpoint.epoch !== current) {
    const position = lineage.commonPosition(checkpoint.epoch, checkpoint.position);
    const exact = checkpoint.exact !== false || position < checkpoint.position;
    return { type: "set_back", checkpoint: { epoch: current, position, ...(exact ? {} : { exact }) } };
  }
  if (message.epoch !== current) return { type: "pass_over", why: "it is of an epoch that is over" };
  if (message.position <= checkpoint.position) return { type: "pass_over", why: "it was handled before" };
  if (message.previousPosition > checkpoint.position) {
    return { type: "refill", after: checkpoint.position, up_to: message.previousPosition };
  }
  if (message.previousPosition < checkpoint.position && checkpoint.exact !== false) {
    return { type: "contradiction", position: checkpoint.position };
  }
  return { type: "handle", checkpoint: { epoch: current, position: message.position } };
}
