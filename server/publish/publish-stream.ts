import { errorRecord } from '../../src/shared/errors';
import type { RunningJob } from './jobs';

/**
 * Seconds of silence after which a line is sent, because edges close silent connections (Varnish after 15 s, nginx
 * after 60 s).
 */
const BEAT = 5;

/**
 * Streams a job as lines of JSON: each step as it ends, `{ "progress": … }` after every five seconds without one, and
 * the report last. The response starts when the first step has ended, the publication was refused, or five seconds have
 * passed, so that a refusal can have its own status.
 */
export function streamJob(
  { job, result, onStep }: RunningJob,
  location: string,
  now: () => number,
  refusal: (error: unknown) => Response,
): Promise<Response> {
  const encoder = new TextEncoder();
  return new Promise((resolve) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let beat: ReturnType<typeof setTimeout> | undefined;
    let begun = false;
    const body = new ReadableStream<Uint8Array>({
      start: (given) => void (controller = given),
      // The client has disconnected; the publication continues.
      cancel: () => (clearTimeout(beat), void (controller = undefined)),
    });
    const answer = new Response(body, {
      headers: {
        'content-type': 'application/x-ndjson',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        // Tells the client where to ask if this connection breaks.
        'content-location': location,
      },
    });
    const line = (value: object) => {
      begun = true;
      controller?.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      resolve(answer);
      clearTimeout(beat);
      if (controller) beat = setTimeout(tick, BEAT * 1000);
    };
    const tick = () =>
      line({ progress: { job: job.id, steps: job.steps.length, seconds: (now() - job.startedAt) / 1000 } });
    const end = (report: object) => {
      line({ report });
      clearTimeout(beat);
      controller?.close();
    };
    beat = setTimeout(tick, BEAT * 1000);
    onStep(line);
    result.then(end, (error: unknown) => {
      clearTimeout(beat);
      if (begun) end({ ok: false, error: errorRecord(error) });
      else resolve(refusal(error));
    });
  });
}
