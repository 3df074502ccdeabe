import type { ErrorRecord } from '../../src/shared/errors';
import { errorRecord, isTileCacheError } from '../../src/shared/errors';
import type { Handler } from '../http/http';
import { bearerIs, json, problem, readJson, statusOf, unauthorized, wrongMethod } from '../http/http';
import { parsePublication } from './publication';
import type { Publication } from './publication';
import type { Publish, PublishReport } from './publish';

/** Bytes that a publication may have. */
const MAX_BYTES = 65_536;

/**
 * `POST /api/publish` with a bearer token. 200 when every step succeeded, 502 when one failed (the version goes out unless that one is `announce`);
 * both with the report. 409 for an id that stands for another publication. `Idempotency-Key` stands for an absent `id`.
 * With `Accept: application/x-ndjson` each step is a line as it ends, and the report is the last line: status 200 from the first step on.
 */
export function createPublishHandler(publish: Publish, token: string): Handler {
  return async (request) => {
    if (request.method !== 'POST') return wrongMethod('POST');
    if (!(await bearerIs(request, token))) return unauthorized();
    let publication: Publication;
    try {
      publication = parsePublication(
        withKey(await readJson(request, MAX_BYTES), request.headers.get('idempotency-key')),
      );
    } catch (error) {
      return problem(statusOf(error), error);
    }
    if (request.headers.get('accept')?.includes('application/x-ndjson')) return stepByStep(publish, publication);
    try {
      const report = await publish(publication);
      return json(report, report.ok ? 200 : 502);
    } catch (error) {
      return refusal(error);
    }
  };
}

/** Whoever has the token may know what is wrong with the store. */
function refusal(error: unknown): Response {
  return problem(statusOf(error), isTileCacheError(error) ? errorRecord(error) : error);
}

function withKey(body: unknown, id: string | null): unknown {
  const named = typeof body === 'object' && body !== null && !Array.isArray(body);
  return id !== null && named && !Object.hasOwn(body, 'id') ? { ...body, id } : body;
}

/** Answers when the first step has ended or the publication was refused, so that a refusal has its own status. */
function stepByStep(publish: Publish, publication: Publication): Promise<Response> {
  const encoder = new TextEncoder();
  return new Promise((resolve) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (given) => void (controller = given),
      // Whoever asked has gone; the publication goes on to its end.
      cancel: () => void (controller = undefined),
    });
    const answer = new Response(body, {
      headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    });
    const line = (value: object) => {
      controller?.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      resolve(answer);
    };
    const end = (report: PublishReport | { ok: false; error: ErrorRecord }) => {
      line({ report });
      controller?.close();
    };
    let begun = false;
    publish(publication, (step) => {
      begun = true;
      line(step);
    }).then(end, (error: unknown) => (begun ? end({ ok: false, error: errorRecord(error) }) : resolve(refusal(error))));
  });
}
