import { parseRetryAfter } from '../../src/shared/retry-after';
import { noAnswer } from '../util/no-answer';
import { purgeFailed, type PurgeOptions, type PurgeResult } from './purger';
import { quoted } from './words';

const LONGEST_PAUSE = 30;

/** Sends one more request within the same limits, to prove a purge that the first answer does not prove. */
export type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** One request of a purge. A status alone proves nothing: a server that does not support purges also answers 200. */
export interface PurgeCall {
  url: string;
  init: RequestInit;
  /** Judges from the answer whether the purge is done. */
  judge: (response: Response, ask: Ask) => Promise<Verdict>;
}

/** Sends requests one after another: limits their rate, retries those that may succeed, and gives up in time. */
export interface Sender {
  /**
   * Sends all calls, including those after a failed one, so that as much as possible is purged. Then rejects with
   * `NETWORK_FAILED` and the first failure, if there was one.
   */
  sendAll(calls: readonly PurgeCall[]): Promise<void>;
  readonly result: PurgeResult;
}

/**
 * The outcome of a request. `again`: the failure may be temporary; `rest`: the calls that are still to be made, if
 * fewer. `why` gives the reason, and quotes the CDN.
 */
export type Verdict = { done: true } | { done: false; again: boolean; why: string; rest?: PurgeCall };

/** The properties of a CDN that a sender needs. */
export interface SenderDefaults {
  requestsPerSecond: number;
  /** Secrets that requests carry, and that reports must not contain. */
  secrets: readonly string[];
}

/** Creates a sender for one purge, with its own time limit. */
export function createSender(name: string, options: PurgeOptions, defaults: SenderDefaults): Sender {
  const { now = Date.now, sleep = pause, random = Math.random, attempts = 5, timeout = 10, patience = 120 } = options;
  const request = options.fetch ?? fetch;
  const gap = 1000 / (options.requestsPerSecond ?? defaults.requestsPerSecond);
  const endsAt = now() + patience * 1000;
  const result = { requests: 0, retries: 0 };
  let nextAt = 0;

  async function wait(seconds: number, why: string): Promise<void> {
    if (now() + seconds * 1000 > endsAt)
      throw purgeFailed(name, `${why}; there is no time left to wait ${Math.ceil(seconds)} s`);
    if (seconds > 0) await sleep(seconds);
  }

  const ask: Ask = (url, init) => {
    result.requests += 1;
    // Do not follow redirects: they would carry the token to another host.
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
      // Let the next request to this CDN wait, too.
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
      // Use full jitter, so that instances that failed together do not retry together.
      await wait(after ?? random() * Math.min(LONGEST_PAUSE, 2 ** (attempt - 1)), why);
    }
  }

  async function sendAll(calls: readonly PurgeCall[]): Promise<void> {
    let failed = 0;
    let first: unknown;
    for (const call of calls) {
      try {
        // After a request has failed for good, try the others once each, without their own retries.
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

/** Bytes of a body that are read at most. */
const MOST_BYTES = 1_048_576;

/** Reads the body's text, up to a limit. Rejects if the body is longer or breaks off. */
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

/** Reads the body as JSON. Resolves with `undefined` if it is not JSON. */
export async function jsonOf(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await textOf(response)) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Creates the outcome for an answer that proves nothing. 408, 425, 429 and 5xx may be temporary, and so may a 2xx from
 * an intermediary; anything else needs an operator.
 */
export function unproven({ ok, status, type }: Response, why = ok ? 'without proof of the purge' : ''): Verdict {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    return {
      done: false,
      again: false,
      why: `answered ${status} with a redirect, which the token must not follow: configure the address that it leads to`,
    };
  return { done: false, again: ok || mayPass(status), why: `answered ${status}${why && ` ${why}`}` };
}

/** Returns whether the status may be temporary, so that a retry may succeed. */
export function mayPass(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** The error for a request that a purger did not send, with the reason. */
export class NotSent extends Error {
  constructor(
    why: string,
    /** Whether a retry may succeed. */
    readonly again: boolean,
  ) {
    super(why);
  }
}

/**
 * Creates the outcome for a request without an answer: a rejected certificate needs an operator, anything else may be
 * temporary.
 */
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
