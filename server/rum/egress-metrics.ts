import type { Handler } from '../http/http';
import { createCounter, type Metric } from './metrics';

const KINDS = ['2xx', '304', '3xx', '4xx', '5xx'] as const;

/** Metrics of the tiles that the origin serves: answers and bytes of their bodies, by layer. */
export interface EgressMetrics {
  /** Wraps a handler, to count its answers. */
  count(handler: Handler): Handler;
  readonly all: readonly Metric[];
}

/**
 * Creates the metrics. `layerOf`: returns the layer of a tile's URL. Layers that are not configured count as `other`,
 * so that foreign URLs cannot create series.
 */
export function createEgressMetrics(
  layers: readonly string[],
  layerOf: (request: Request) => string | undefined,
): EgressMetrics {
  const bytes = createCounter('tile_origin_egress_bytes_total', 'Bytes of tiles that the origin answered with.');
  const answers = createCounter('tile_origin_answers_total', 'Tiles that the origin was asked for, by its answer.');
  // Start every series at 0: `rate()` does not see the step from no series to the first count.
  for (const layer of [...layers, 'other']) {
    bytes.add({ layer }, 0);
    for (const kind of KINDS) answers.add({ layer, kind }, 0);
  }
  return {
    count: (handler) => async (request, context) => {
      const response = await handler(request, context);
      const named = layerOf(request);
      const layer = named !== undefined && layers.includes(named) ? named : 'other';
      answers.add({ layer, kind: kindOf(response.status) }, 1);
      return request.method === 'HEAD' ? response : counted(response, (length) => bytes.add({ layer }, length));
    },
    all: [bytes.metric, answers.metric],
  };
}

const kindOf = (status: number) => (status === 304 ? '304' : `${Math.min(5, Math.max(2, Math.floor(status / 100)))}xx`);

/** Counts the bytes of a body: by its declared length, or else as it streams. */
function counted(response: Response, add: (length: number) => void): Response {
  const { body, status, statusText, headers } = response;
  const length = headers.get('content-length');
  if (length !== null && /^\d{1,15}$/.test(length)) return (add(body ? Number(length) : 0), response);
  if (!body || status < 200 || status > 599) return response;
  const reader = body.getReader();
  const flowing = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      add(value.byteLength);
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(flowing, { status, statusText, headers });
}
