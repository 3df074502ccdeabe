import type { PurgeOptions, PurgeResult } from './purger';
import { purgeFailed } from './purger';

const LONGEST_PAUSE = 30;

/** Sends requests one after another: not faster than allowed, again when that may help, not for ever. */
export interface Sender {
  /** Resolves with the first answer that `judge` accepts; rejects with `NETWORK_FAILED`. */
  send(url: string, init: RequestInit, judge?: (response: Response) => Promise<Verdict>): Promise<void>;
  readonly result: PurgeResult;
}

/** `again`: a passing fault. Everything that is not `done` carries the CDN's own words. */
export type Verdict = { done: true } | { done: false; again: boolean; why: string };

/** Starts one purge with its own time limit. */
export function createSender(name: string, options: PurgeOptions, defaults: { requestsPerSecond: number }): Sender {
  const { now = Date.now, sleep = pause, random = Math.random, attempts = 5, timeout = 10, patience = 120 } = options;
  const request = options.fetch ?? fetch;
  const gap = 1000 / (options.requestsPerSecond ?? defaults.requestsPerSecond);
  const endsAt = now() + patience * 1000;
  const result = { requests: 0, retries: 0 };
  let nextAt = 0;

  async function wait(seconds: number, why: string): Promise<void> {
    if (now() + seconds * 1000 > endsAt) throw purgeFailed(name, `${why}; no time is left to wait ${Math.ceil(seconds)} s`);
    if (seconds > 0) await sleep(seconds);
  }

  async function once(url: string, init: RequestInit, judge: NonNullable<Parameters<Sender['send']>[2]>) {
    await wait(Math.max(0, nextAt - now()) / 1000, 'too many requests');
    nextAt = Math.max(nextAt, now()) + gap;
    result.requests += 1;
    try {
      const response = await request(url, { redirect: 'error', ...init, signal: AbortSignal.timeout(timeout * 1000) });
      const verdict = await judge(response);
      await response.body?.cancel().catch(() => undefined);
      return { verdict, after: retryAfter(response.headers.get('retry-after'), now()) };
    } catch (error) {
      return { verdict: { done: false, again: true, why: errorText(error) } as Verdict, after: undefined };
    }
  }

  async function send(url: string, init: RequestInit, judge = byStatus): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { verdict, after } = await once(url, init, judge);
      if (verdict.done) return;
      if (!verdict.again || attempt >= attempts) throw purgeFailed(name, verdict.why);
      result.retries += 1;
      // Full jitter: instances that failed together do not come back together.
      await wait(after ?? random() * Math.min(LONGEST_PAUSE, 2 ** (attempt - 1)), verdict.why);
    }
  }

  return { send, result };
}

/** 2xx is success; 408, 425, 429 and 5xx pass by; anything else is for people to mend. */
export async function byStatus({ ok, status }: Response): Promise<Verdict> {
  return ok ? { done: true } : { done: false, again: mayPass(status), why: `answered ${status}` };
}

/** Statuses that another try may cure. */
export function mayPass(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Seconds to wait: RFC 9110 section 10.2.3, a number of seconds or a date. */
export function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}

/** A failed fetch hides the reason in its cause. */
function errorText(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return [message ?? 'failed', cause?.code ?? cause?.message].filter(Boolean).join(': ');
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
