/** Messages by NATS: from the durable that a consumer was given, for as long as it wants them. */

import type { Consumer as Durable, JetStreamClient, JsMsg } from "@nats-io/jetstream";
import type { Consumer } from "./consumer.ts";
import { Unanswered } from "./history.ts";
import type { Lanes } from "./lanes.ts";
import { type EventMessage, headerIn, messageFromStream, NotAnEvent } from "./message.ts";

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
 * one that comes again is passed over. What a handler throws ends it, and so does an API that refuses to answer
 * (`Refused`: a token that is not taken); errors of NATS, and an API that does not answer, do not. The first
 * time that nothing comes, what the log has behind the checkpoint is handled.
 */
export async function consume<Tx>(
  jetstream: JetStreamClient,
  durable: string,
  consumer: Consumer<Tx> | Lanes<Tx>,
  { signal, batchMax = 500 }: { signal: AbortSignal; batchMax?: number },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await consumer.start();
      const from = await jetstream.consumers.get(STREAM, durable).catch(() => null);
      if (from !== null) await takeAll(from, consumer, signal, batchMax);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

/** Take messages until `signal` is aborted, or they cannot be had any more. */
async function takeAll<Tx>(
  from: Durable,
  consumer: Consumer<Tx> | Lanes<Tx>,
  signal: AbortSignal,
  batchMax: number,
): Promise<void> {
  const failed = new AbortController();
  const end = AbortSignal.any([signal, failed.signal]);
  let caughtUp = false;
  let coming = pulled(from, batchMax, end);
  try {
    while (!signal.aborted) {
      const messages = await coming;
      if (messages === null) return;
      // The next ones are on their way while these are handled.
      coming = pulled(from, batchMax, end);
      await consumer.take(messages.flatMap(eventIn));
      for (const message of messages) message.ack();
      if (messages.length === 0 && !caughtUp && !signal.aborted) {
        await consumer.catchUp();
        caughtUp = true;
      }
    }
  } finally {
    failed.abort();
    // Whoever comes next need not wait until what was not handled is sent again.
    for (const message of (await coming) ?? []) message.nak();
  }
}

/** The next messages, or those until the end; none when nothing is new, null when they cannot be had. */
async function pulled(from: Durable, batchMax: number, end: AbortSignal): Promise<JsMsg[] | null> {
  if (end.aborted) return [];
  try {
    const messages: JsMsg[] = [];
    const pull = await from.fetch({ max_messages: batchMax, expires: PULL_MILLISECONDS });
    const stop = () => pull.stop();
    end.addEventListener("abort", stop);
    try {
      for await (const message of pull) messages.push(message);
    } finally {
      end.removeEventListener("abort", stop);
    }
    return messages;
  } catch {
    return null;
  }
}

/** What the client has of a message before it takes all of its headers apart. */
interface Raw {
  readonly msg?: { readonly _rdata?: Uint8Array; readonly _msg?: { readonly hdr: number } };
}

/** The event of a message. What others put onto the stream is passed over. */
function eventIn(message: JsMsg): EventMessage[] {
  const { _rdata: whole, _msg: lengths } = (message as Raw).msg ?? {};
  const header =
    whole !== undefined && lengths !== undefined && lengths.hdr > 0
      ? headerIn(whole.subarray(0, lengths.hdr))
      : (name: string) => message.headers?.get(name) || undefined;
  try {
    return [messageFromStream(header, message.data)];
  } catch (error) {
    if (error instanceof NotAnEvent) return [];
    throw error;
  }
}
