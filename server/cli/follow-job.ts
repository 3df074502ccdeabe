import type { PublishJob } from '../publish/jobs';
import type { PublishReport, PublishStep } from '../publish/publish';
import { refusalOf } from './answer';
import { failed } from '../util/failed';
import type { CliEffects } from './effects';

/** A report, or the error in its place. */
export type Report = PublishReport & { error?: unknown };

/** The parameters of the requests for a job. */
export interface Ask {
  effects: Pick<CliEffects, 'fetch'>;
  token: string;
  /** The remedy if the outcome stays unknown. */
  again: string;
  /** Epoch milliseconds at which to give up. */
  deadline: number;
  /** Waits for the given number of seconds. @default by setTimeout */
  sleep?: ((seconds: number) => Promise<void>) | undefined;
}

/** Seconds between two requests. */
const PAUSE = 1;
const pause = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));
/** Consecutive requests without an answer after which the command gives up. */
const MAX_FAILURES = 10;

/** Returns the job's URL. Accepts only a URL of the origin that was asked, because the token is sent there. */
export function jobUrl({ headers }: Response, header: string, asked: URL): URL | undefined {
  const location = headers.get(header);
  if (location === null || !URL.canParse(location, asked.href)) return undefined;
  const url = new URL(location, asked);
  return url.origin === asked.origin ? url : undefined;
}

/** Requests a job until it has ended. */
export async function followJob(
  url: URL | undefined,
  { effects, token, again, deadline, sleep = pause }: Ask,
  onStep: (step: PublishStep) => void,
): Promise<Report> {
  if (!url) throw failed('the origin did not say where its job is', again);
  let told = 0;
  let failures = 0;
  for (;;) {
    const job = await askOnce(url, effects, token, deadline).catch((error: unknown) => {
      failures += 1;
      if (failures > MAX_FAILURES || Date.now() > deadline)
        throw error instanceof Unknown
          ? failed('the origin no longer knows this job: it was restarted, or another instance answers', again)
          : failed('the job could not be followed to its end', again, error);
      return undefined;
    });
    if (typeof job === 'string') throw failed(job, again);
    if (job) {
      failures = 0;
      job.steps.slice(told).forEach(onStep);
      told = job.steps.length;
      if (job.state !== 'running') return job.report ?? ({ ok: false, error: job.error } as unknown as Report);
    }
    if (Date.now() > deadline) throw failed('the publication did not end in time', again);
    await sleep(PAUSE);
  }
}

/** The origin does not know the job. */
class Unknown extends Error {}

/** Requests the job once. Resolves with its report or error. Rejects if another request may help. */
async function askOnce(
  url: URL,
  { fetch }: Pick<CliEffects, 'fetch'>,
  token: string,
  deadline: number,
): Promise<PublishJob | string> {
  const response = await fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(Math.max(1000, Math.min(15_000, deadline - Date.now()))),
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
  });
  // Another instance answers, or the one that has the job restarts: the next answer may come from it.
  if (response.status === 404) throw new Unknown();
  if (response.status >= 300 && response.status < 500) return refusalOf(response);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { job } = (await response.json()) as { job: PublishJob };
  return Array.isArray(job?.steps) ? job : 'the origin sent no job';
}
