import { errorRecord, isTileCacheError } from '../../src/shared/errors';
import { bearerIs, type Handler, json, problem, readJson, statusOf, unauthorized, wrongMethod } from '../http/http';
import type { Jobs, PublishJob, RunningJob } from './jobs';
import { parsePublication, type Publication } from './publication';
import { streamJob } from './publish-stream';
import type { PublishStatus } from './status';

/** Bytes that a publication may have. */
/** A list of a million tiles has room in it. */
const MAX_BYTES = 262_144;

/** What the handler stands on. */
export interface PublishHandlerParts {
  jobs: Jobs;
  token: string;
  path: string;
  /** Seconds after which an answer that is waited for becomes a job. */
  answerWithin: number;
  status: (running: PublishJob[]) => Promise<PublishStatus>;
  now: () => number;
}

/**
 * `POST /api/publish` with a bearer token. 200 when every step succeeded, 502 when one failed (the version goes out unless that one is `announce`);
 * both with the report. 409 for an id that stands for another publication. `Idempotency-Key` stands for an absent `id`.
 * 202 with `Location` for one that takes longer than `answerWithin`, or with `Prefer: respond-async` (RFC 7240) at once: `GET /api/publish/{id}` tells its state.
 * With `Accept: application/x-ndjson` each step is a line as it ends, and the report is the last line: status 200 from the first line on.
 * `GET /api/publish`: the layers, and what is outstanding of them.
 */
export function createPublishHandler(parts: PublishHandlerParts): Handler {
  const { jobs, token, path, now } = parts;

  async function read(pathname: string): Promise<Response> {
    if (pathname === path) return json(await parts.status(jobs.running()));
    const job = jobs.get(pathname.slice(path.length + 1));
    if (!job) return noJob();
    return json({ job }, 200, job.state === 'running' ? { 'retry-after': '1' } : {});
  }

  async function take(request: Request): Promise<Response> {
    let publication: Publication;
    try {
      publication = parsePublication(
        withKey(await readJson(request, MAX_BYTES), request.headers.get('idempotency-key')),
      );
    } catch (error) {
      return problem(statusOf(error), error);
    }
    const running = jobs.start(publication);
    const location = `${path}/${running.job.id}`;
    if (request.headers.get('accept')?.includes('application/x-ndjson'))
      return streamJob(running, location, now, refusal);
    const patience = prefersAsync(request) ? 0 : parts.answerWithin;
    return (await answered(running, patience)) ?? json({ job: running.job }, 202, { location, 'retry-after': '1' });
  }

  return async (request) => {
    const { pathname } = new URL(request.url);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && (request.method !== 'POST' || pathname !== path))
      return pathname === path ? wrongMethod('POST', 'GET') : wrongMethod('GET');
    if (!(await bearerIs(request, token))) return unauthorized();
    if (!isRead) return take(request);
    try {
      return await read(pathname);
    } catch (error) {
      return refusal(error);
    }
  };
}

/** The answer, if it comes in time. */
async function answered({ result }: RunningJob, patience: number): Promise<Response | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    if (patience < 86_400) timer = setTimeout(() => resolve(undefined), patience * 1000);
  });
  try {
    const report = await Promise.race([result, late]);
    return report && json(report, report.ok ? 200 : 502);
  } catch (error) {
    return refusal(error);
  } finally {
    clearTimeout(timer);
  }
}

/** RFC 7240 section 4.1. */
function prefersAsync(request: Request): boolean {
  return /(^|[,\s])respond-async($|[;,\s])/i.test(request.headers.get('prefer') ?? '');
}

/** Whoever has the token may know what is wrong with the store. */
function refusal(error: unknown): Response {
  return problem(statusOf(error), isTileCacheError(error) ? errorRecord(error) : error);
}

function noJob(): Response {
  return problem(404, {
    code: 'INVALID_MESSAGE',
    field: 'id',
    message: 'This instance knows no such job.',
    remedy: 'Publish again with the same id: steps that are done already are not repeated.',
  });
}

function withKey(body: unknown, id: string | null): unknown {
  const named = typeof body === 'object' && body !== null && !Array.isArray(body);
  return id !== null && named && !Object.hasOwn(body, 'id') ? { ...body, id } : body;
}
