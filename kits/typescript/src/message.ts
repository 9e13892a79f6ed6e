/** One event as it came: over the stream (headers and bytes), or in a line of `GET /v1/events`. */

/** An event. `data` are its bytes as they are in the log; `id` is that of no other event, in any epoch. */
export interface EventMessage {
  readonly position: number;
  readonly previousPosition: number;
  readonly epoch: string;
  readonly version: number;
  readonly type: string;
  readonly subject: string;
  readonly customer: string | null;
  readonly id: string;
  readonly data: Uint8Array;
}

/** A message or a line that does not say its place in the log: clienteling did not write it. */
export class NotAnEvent extends Error {}

/** The value of a header, or undefined where there is none. */
export type Header = (name: string) => string | undefined;

/**
 * In a line, the event's own bytes are between this and the last brace. A quote inside of a text has a
 * backslash before it, so that no text can hold this.
 */
const DATA = ',"data":';

/** The event of a message on the stream. Throws NotAnEvent. */
export function messageFromStream(header: Header, data: Uint8Array): EventMessage {
  const customer = header("clienteling-customer");
  return {
    position: numberIn(header, "clienteling-position"),
    previousPosition: numberIn(header, "clienteling-previous-position"),
    epoch: textIn(header, "clienteling-epoch"),
    version: numberIn(header, "clienteling-version"),
    type: decoded(textIn(header, "ce-type")),
    subject: decoded(textIn(header, "ce-subject")),
    customer: customer === undefined || customer === "" ? null : decoded(customer),
    id: decoded(textIn(header, "ce-id")),
    data,
  };
}

/**
 * The header of a message by its name, from the block of headers as it came over the wire. Of the many that a
 * message has eight are read: to take all of them apart would take longer than everything else that is done
 * with an event.
 */
export function headerIn(block: Uint8Array): Header {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString("utf8");
  return (name) => {
    const at = text.indexOf(`\r\n${name}:`);
    if (at < 0) return undefined;
    const begin = at + name.length + 3;
    return text.slice(begin, text.indexOf("\r\n", begin)).trim();
  };
}

/** The event of a line of `GET /v1/events`, or of the data of a server-sent event. Throws NotAnEvent. */
export function messageFromLine(line: string): EventMessage {
  const text = line.trim();
  const at = text.indexOf(DATA);
  let read: Record<string, unknown>;
  try {
    read = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new NotAnEvent(`a line is no event: ${String(error)}`);
  }
  if (at < 0 || !text.endsWith("}")) throw new NotAnEvent("a line has no data at its end");
  const field = (name: string): string => {
    const value = read[name];
    if (typeof value !== "string") throw new NotAnEvent(`a line has no ${name}`);
    return value;
  };
  const count = (name: string): number => {
    const value = read[name];
    if (!Number.isSafeInteger(value)) throw new NotAnEvent(`a line has no ${name}`);
    return value as number;
  };
  return {
    position: count("clientelingposition"),
    previousPosition: count("clientelingpreviousposition"),
    epoch: field("clientelingepoch"),
    version: count("clientelingversion"),
    type: field("type"),
    subject: field("subject"),
    customer: read["clientelingcustomer"] === undefined ? null : field("clientelingcustomer"),
    id: field("id"),
    data: new TextEncoder().encode(text.slice(at + DATA.length, -1)),
  };
}

function textIn(header: Header, name: string): string {
  const value = header(name);
  if (value === undefined || value === "") throw new NotAnEvent(`a message has no ${name}`);
  return value;
}

function numberIn(header: Header, name: string): number {
  const value = textIn(header, name);
  if (!/^[0-9]{1,18}$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw new NotAnEvent(`a message's ${name} is no number`);
  }
  return Number(value);
}

function decoded(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    throw new NotAnEvent("a header cannot be decoded");
  }
}
