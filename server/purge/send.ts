import { parseRetryAfter } from '../../src/shared/retry-after';
import { noAnswer } from '../util/no-answer';
import { purgeFailed, type PurgeOptions, type PurgeResult } from './purger';
import { quoted } from './words';

const LONGEST_PAUSE = 30;

/** Sends one more request, by the same limits; for a proof that the first answer does not hold. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** One request of a purge. A status alone proves nothing: whoever knows nothing of purges says 200 as well. */
export interface PurgeCall {
  url: string;
  init: RequestInit;
  /** Says by the answer whether the purge is done. */
  judge: (response: Response, ask: Ask) => Promise<Verdict>;
}

/** Sends requests one after another: not faster than allowed, again when that may help, not for ever. */
export interface Sender {
  /**
   * Sends all of them, also those behind one that failed: what can be purged is. Rejects with `NETWORK_FAILED` at the end,
   * with the first failure.
   */
  sendAll(calls: readonly PurgeCall[]): Promise<void>;
  readonly result: PurgeResult;
}

/** `again`: a passing fault; then `rest` is what is still to be done, where that is less. Everything that is not `done` says why, also in the CDN's own words. */
export type Verdict = { done: true } | { done: false; again: boolean; why: string; rest?: PurgeCall };

/** What a sender needs to know of a CDN. */
export interface SenderDefaults {
  requestsPerSecond: number;
  /** What requests carry and reports must not. */
  secrets: readonly string[];
}

/** Starts one purge with its own time limit. */
export function createSender(name: string, options: PurgeOptions, defaults: SenderDefaults): Sender {
  const { now = Date.now, sleep = pause, random = Math.random, attempts = 5, timeout = 10, patience = 120 } = options;
  const request = options.fetch ?? fetch;
  const gap = 1000 / (options.requestsPerSecond ?? defaults.requestsPerSecond);
  const endsAt = now() + patience * 1000;
  const result = { requests: 0, retries: 0 };
  let nextAt = 0;

  async function wait(seconds: number, why: string): Promise<void> {
    if (now() + seconds * 1000 > endsAt)
      throw purgeFailed(name, `${why}; no time is left to wait ${Math.ceil(seconds)} s`);
    if (seconds > 0) await sleep(seconds);
  }

  const ask: Ask = (url, init) => {
    result.requests += 1;
    // Never along a redirect: it would carry the token to somebody else.
    return request(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeout * 1000) });
  };

  async function once({ url, init, judge }: PurgeCall) {
    await wait(Math.max(0, nextAt - now()) / 1000, 'too many requests');
    nextAt = Math.max(nextAt, now()) + gap;
    try {
      const response = await ask(url, init);
      const verdict = await judge(response, ask);
      await response.body?.cancel().catch(() => undefined);
      const wait = parseRetryAfter(response.headers.get('retry-after'), now());
      const after = wait === undefined ? undefined : wait / 1000;
      // Whoever is asked to wait waits with the next request too.
      if (!verdict.done && after !== undefined) nextAt = Math.max(nextAt, now() + after * 1000);
      return { verdict, after };
    } catch (error) {
      return { verdict: failure(error), after: undefined };
    }
  }

  async function send(first: PurgeCall, tries: number): Promise<void> {
    let call = first;
    for (let attempt = 1; ; attempt++) {
      const { verdict, after } = await once(call);
      if (verdict.done) return;
      const why = quoted(verdict.why, defaults.secrets);
      if (!verdict.again || attempt >= tries) throw purgeFailed(name, why);
      result.retries += 1;
      call = verdict.rest ?? call;
      // Full jitter: instances that failed together do not come back together.
      await wait(after ?? random() * Math.min(LONGEST_PAUSE, 2 ** (attempt - 1)), why);
    }
  }

  async function sendAll(calls: readonly PurgeCall[]): Promise<void> {
    let failed = 0;
    let first: unknown;
    for (const call of calls) {
      try {
        // Where one failed for good, the others get their chance, but not each its own waits.
        await send(call, failed === 0 ? attempts : 1);
      } catch (error) {
        first ??= error;
        failed += 1;
      }
    }
    if (failed === 0) return;
    if (calls.length === 1) throw first;
    throw purgeFailed(
      name,
      `${failed} of ${calls.length} requests failed; ${(first as Error).message.replace(`${name}: `, '')}`,
    );
  }

  return { sendAll, result };
}

/** Longest body that is read, in bytes. */
const MOST_BYTES = 1_048_576;

/** The body's text, up to a limit: an answer that goes on for ever is none. Rejects where it is longer, or breaks off. */
export async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes += part.value.byteLength;
    if (bytes > MOST_BYTES) {
      await reader.cancel().catch(() => undefined);
      throw new Error('the answer is too long', { cause: { code: 'ANSWER_TOO_LONG' } });
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** The body as JSON; `undefined` where it is none. */
export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await textOf(response)) as unknown;
  } catch {
    return undefined;
  }
}

/** An answer that proves nothing. 408, 425, 429 and 5xx pass by, and so may a 2xx of somebody in between; anything else is for people to mend. */
export function unproven({ ok, status, type }: Response, why = ok ? 'without a proof of the purge' : ''): Verdict {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    return {
      done: false,
      again: false,
      why: `answered ${status} with a redirect, and no token goes along: give the address that it leads to`,
    };
  return { done: false, again: ok || mayPass(status), why: `answered ${status}${why && ` ${why}`}` };
}

/** Statuses that another try may cure. */
export function mayPass(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** A request that a purger of ours did not send, and why. */
export class NotSent extends Error {
  constructor(
    why: string,
    /** Another try may cure it. */
    readonly again: boolean,
  ) {
    super(why);
  }
}

/** A certificate that is not accepted is for people to mend; anything else may pass by. */
function failure(error: unknown): Verdict {
  if (error instanceof NotSent) return { done: false, again: error.again, why: error.message };
  const { kind, code } = noAnswer(error);
  const told = code === undefined ? '' : `: ${code}`;
  const why = {
    timeout: 'did not answer in time',
    certificate: `the connection is not trusted${told}`,
    name: `its name was not found${told}`,
    other: `the request failed${told}`,
  }[kind];
  return { done: false, again: kind !== 'certificate', why };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
