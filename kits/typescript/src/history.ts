/** The log itself, asked over HTTP: what a consumer missed, how often the log was set back, and proof. */

import { type Epoch, Lineage } from "./lineage.ts";
import { type EventMessage, messageFromLine } from "./message.ts";
import type { EventRange } from "./ranges.ts";

/** Answers what cannot be known from the stream. */
export interface History {
  /** The epochs of the log. */
  lineage(): Promise<Lineage>;
  /** The position where the log ends now. */
  end(): Promise<number>;
  /** The events of the log behind a position up to another, in pages. */
  events(after: number, upTo: number): AsyncIterable<EventMessage[]>;
  /** Count and hash of the events from one position to another, by range. */
  ranges(first: number, last: number): Promise<EventRange[]>;
}

/** Who answers so is asked again: too many requests, and errors of a server or of what is before it. */
const LATER = [429, 500, 502, 503, 504];
const UNAUTHORIZED = 401;

/** The log did not answer for as long as one waits for it: `consume` asks again. */
export class Unanswered extends Error {}

/**
 * The API refuses to answer: the token is not taken (401), lacks the scope (403), or asks for what is not
 * there. `status` is that of the answer.
 */
export class Refused extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

interface Answer {
  readonly text: string;
  readonly headers: Headers;
}

/**
 * The log behind `url`, the address of clienteling's API. `token` gives an access token each time. A request
 * lasts `seconds` at most; one that is told to come again later (429), that meets an error of the server
 * (5xx), or whose connection is refused or lost, does, for up to `patienceSeconds`; then it throws
 * `Unanswered`. A token that is not taken (401) is asked for once more. Throws `Refused`.
 */
export class HttpHistory implements History {
  readonly #url: string;
  readonly #token: (() => string | Promise<string>) | undefined;
  readonly #seconds: number;
  readonly #patienceSeconds: number;

  constructor(url: string, token?: () => string | Promise<string>, seconds = 30, patienceSeconds = 120) {
    this.#url = url.replace(/\/$/, "");
    this.#token = token;
    this.#seconds = seconds;
    this.#patienceSeconds = patienceSeconds;
  }

  async lineage(): Promise<Lineage> {
    const answer = JSON.parse((await this.#get("/v1/events/epochs")).text) as { epochs: Epoch[] };
    return new Lineage(answer.epochs);
  }

  async end(): Promise<number> {
    return Number((await this.#get("/v1/events/epochs")).headers.get("Clienteling-Position"));
  }

  async *events(after: number, upTo: number): AsyncGenerator<EventMessage[]> {
    while (after < upTo) {
      const answer = await this.#get("/v1/events", { after, limit: 200 });
      const lines = answer.text.split("\n").filter((line) => line !== "");
      const page = lines.map(messageFromLine).filter((one) => one.position <= upTo);
      if (page.length > 0) yield page;
      const reached = Number(answer.headers.get("Clienteling-Position"));
      if (reached === after) return;
      after = reached;
    }
  }

  async ranges(first: number, last: number): Promise<EventRange[]> {
    const found: EventRange[] = [];
    for (let from: number | null = first; from !== null && from <= last; ) {
      const answer = await this.#get("/v1/events/ranges", { from, to: last });
      const page = JSON.parse(answer.text) as { ranges: EventRange[]; next: number | null };
      found.push(...page.ranges);
      from = page.next;
    }
    return found;
  }

  async #get(path: string, parameters: Record<string, number> = {}): Promise<Answer> {
    const pairs = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
    const query = new URLSearchParams(pairs);
    for (let waited = 0, refusedBefore = false; ; ) {
      const headers = new Headers();
      if (this.#token) headers.set("Authorization", `Bearer ${await this.#token()}`);
      const signal = AbortSignal.timeout(this.#seconds * 1_000);
      const began = performance.now();
      let pause = 1;
      try {
        const answer = await fetch(`${this.#url}${path}?${query}`, { headers, signal });
        const text = await answer.text();
        if (answer.ok) return { text, headers: answer.headers };
        if (answer.status === UNAUTHORIZED && this.#token && !refusedBefore) {
          // It may have expired a moment ago.
          refusedBefore = true;
          continue;
        }
        pause = Number(answer.headers.get("Retry-After") ?? 1) || 0;
        waited += pause;
        const said = `${path} answers ${answer.status}: ${text.slice(0, 500)}`;
        if (!LATER.includes(answer.status)) throw new Refused(said, answer.status);
        if (waited > this.#patienceSeconds) throw new Unanswered(said);
      } catch (error) {
        if (error instanceof Refused || error instanceof Unanswered) throw error;
        // Refused, lost, or not answered in time: it may be starting.
        waited += pause + (performance.now() - began) / 1_000;
        if (waited > this.#patienceSeconds) throw new Unanswered(`${path} is not answered`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, pause * 1_000));
    }
  }
}
