/** Messages by NATS: from the durable that a consumer was given, for as long as it wants them. */

import type { JetStreamClient, JsMsg } from "@nats-io/jetstream";
import type { Consumer } from "./consumer.ts";
import { Unanswered } from "./history.ts";
import { type EventMessage, messageFromStream, NotAnEvent } from "./message.ts";

/** A named consumer asks JetStream below this domain: `jetstream(connection, { domain: DOMAIN })`. */
export const DOMAIN = "clienteling";
export const STREAM = "CLIENTELING";
/**
 * After an error everything is asked for anew: the durable goes with the stream, and is made again with
 * it.
 */
const RETRY_MILLISECONDS = 1_000;
/** So long a pull waits for the first message. */
const PULL_MILLISECONDS = 5_000;

/**
 * Take messages from a durable until `signal` is aborted. Messages are acknowledged when they are handled:
 * one that comes again is passed over. What a handler throws ends it; errors of NATS, and an API that does
 * not answer, do not. The first time that nothing comes, what the log has behind the checkpoint is handled.
 */
export async function consume<Tx>(
  jetstream: JetStreamClient,
  durable: string,
  consumer: Consumer<Tx>,
  { signal, batchMax = 500 }: { signal: AbortSignal; batchMax?: number },
): Promise<void> {
  let [started, caughtUp] = [false, false];
  while (!signal.aborted) {
    try {
      if (!started) await consumer.start();
      started = true;
      const messages = await pulled(jetstream, durable, batchMax);
      if (messages !== null) {
        await consumer.take(messages.flatMap(eventIn));
        for (const message of messages) message.ack();
        if (messages.length === 0 && !caughtUp) {
          await consumer.catchUp();
          caughtUp = true;
        }
        continue;
      }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
    [started, caughtUp] = [false, false];
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

/** The next messages; none when nothing is new, null when they cannot be had. */
async function pulled(
  jetstream: JetStreamClient,
  durable: string,
  batchMax: number,
): Promise<JsMsg[] | null> {
  try {
    const pull = await jetstream.consumers.get(STREAM, durable);
    const messages: JsMsg[] = [];
    for await (const message of await pull.fetch({ max_messages: batchMax, expires: PULL_MILLISECONDS })) {
      messages.push(message);
    }
    return messages;
  } catch {
    return null;
  }
}

/** The event of a message. What others put onto the stream is passed over. */
function eventIn(message: JsMsg): EventMessage[] {
  try {
    return [messageFromStream((name) => message.headers?.get(name) || undefined, message.data)];
  } catch (error) {
    if (error instanceof NotAnEvent) return [];
    throw error;
  }
}
