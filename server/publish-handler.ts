import type { Handler } from './http';
import { bearerIs, json, problem, readJson, statusOf, unauthorized, wrongMethod } from './http';
import { parsePublication } from './publication';
import type { Publication } from './publication';
import type { Publish, PublishReport } from './publish';

/** Bytes that a publication may have. */
const MAX_BYTES = 65_536;

/**
 * `POST /api/publish` with a bearer token. 200 when every step succeeded, 502 when one failed (the version goes out unless that one is `announce`);
 * both with the report. `Idempotency-Key` stands for an absent `id`. With `Accept: application/x-ndjson` each step is a line
 * as it ends, and the report is the last line, always under status 200.
 */
export function createPublishHandler(publish: Publish, token: string): Handler {
  return async (request) => {
    if (request.method !== 'POST') return wrongMethod('POST');
    if (!(await bearerIs(request, token))) return unauthorized();
    let publication: Publication;
    try {
      publication = parsePublication(withKey(await readJson(request, MAX_BYTES), request.headers.get('idempotency-key')));
    } catch (error) {
      return problem(statusOf(error), error);
    }
    if (request.headers.get('accept')?.includes('application/x-ndjson')) return stepByStep(publish, publication);
    try {
      const report = await publish(publication);
      return json(report, report.ok ? 200 : 502);
    } catch (error) {
      return problem(statusOf(error), error);
    }
  };
}

function withKey(body: unknown, id: string | null): unknown {
  const named = typeof body === 'object' && body !== null && !Array.isArray(body);
  return id !== null && named && !Object.hasOwn(body, 'id') ? { ...body, id } : body;
}

function stepByStep(publish: Publish, publication: Publication): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      let open = true;
      const line = (value: unknown) => {
        // Whoever asked may have gone; the publication goes on to its end.
        if (!open) return;
        try {
          controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
        } catch {
          open = false;
        }
      };
      const report = await publish(publication, line).catch((error: unknown) => ({ ok: false, error: String((error as Error).message) }));
      line({ report: report satisfies PublishReport | object });
      if (open) controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } });
}
