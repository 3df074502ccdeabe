import { errorRecord, isTileCacheError } from '../../src/shared/errors';
import { bearerIs, type Handler, json, problem, readJson, statusOf, unauthorized, wrongMethod } from '../http/http';
import type { Jobs, PublishJob, RunningJob } from './jobs';
import { parsePublication, type Publication } from './publication';
import { streamJob } from './publish-stream';
import type { PublishStatus } from './status';

/** Bytes that a publication may have. 20,000 lines of a list fit, and a packed list of a million tiles. */
const MAX_BYTES = 524_288;

/** The parts of the handler. */
export interface PublishHandlerParts {
  jobs: Jobs;
  token: string;
  path: string;
  /** Seconds after which a request is answered with a job. */
  answerWithin: number;
  status: (running: PublishJob[]) => Promise<PublishStatus>;
  now: () => number;
}

/**
 * Handles `POST /api/publish` with a bearer token. Answers 200 if every step succeeded and 502 if one failed (the
 * version is announced unless that step is `ready` or `announce`), both with the report; 409 for an id that belongs to
 * another publication. An `Idempotency-Key` replaces an absent `id`. Answers 202 with `Location` if the publication
 * takes longer than `answerWithin`, or at once with `Prefer: respond-async` (RFC 7240); `GET /api/publish/{id}` returns
 * the job. With `Accept: application/x-ndjson`, streams each step as a line, and the report as the last line; the status
 * is then 200. `GET /api/publish` returns the status of the layers and their outstanding purges.
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

/** Returns the answer, if it arrives in time. */
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

/** Returns whether the client prefers an asynchronous answer (RFC 7240 section 4.1). */
function prefersAsync(request: Request): boolean {
  return /(^|[,\s])respond-async($|[;,\s])/i.test(request.headers.get('prefer') ?? '');
}

/** Creates the response for an error. It includes the store's message, because the client has the token. */
function refusal(error: unknown): Response {
  return problem(statusOf(error), isTileCacheError(error) ? errorRecord(error) : error);
}

function noJob(): Response {
  return problem(404, {
    code: 'INVALID_MESSAGE',
    field: 'id',
    message: 'This instance has no such job.',
    remedy: 'Publish again with the same id: the origin repeats no step that has succeeded.',
  });
}

function withKey(body: unknown, id: string | null): unknown {
  const named = typeof body === 'object' && body !== null && !Array.isArray(body);
  return id !== null && named && !Object.hasOwn(body, 'id') ? { ...body, id } : body;
}
