import type { Env } from '../page/env';
import { failure } from '../page/failure';
import { isTileCacheError, type TileCacheError } from '../shared/errors';
import type { ClientOrders } from '../shared/manifest';
import { parseManifest, type NormalManifest } from '../shared/parse-manifest';
import { readOrders, withoutOrders } from '../shared/read-orders';

/** A manifest, and the time as of which it is confirmed. */
export interface ManifestAnswer {
  /** The versions. Absent if they cannot be read. */
  manifest?: NormalManifest;
  /** Epoch milliseconds: the start of the request, less the response's `Age`. */
  confirmedAt: number;
  /** The origin's orders to the page. */
  orders?: ClientOrders | undefined;
  /** The reason why the versions or the orders cannot be read. */
  error?: TileCacheError | undefined;
}

/** Milliseconds until the request, including the body, counts as failed. */
export const REQUEST_LIMIT = 10_000;
/** Maximum size of a manifest in bytes. */
export const SIZE_LIMIT = 262_144;

/**
 * Creates the request of the version endpoint. It bypasses the browser's cache, and sends the last ETag where that
 * needs no preflight. Of a manifest with invalid versions or invalid orders, it returns the other part and the error.
 * Rejects with `TIMEOUT`, `NETWORK_FAILED`, `LIMIT_EXCEEDED`, or `INVALID_MANIFEST` if the answer is no JSON.
 */
export function createVersionRequest(env: Env, url: string, closed: AbortSignal): () => Promise<ManifestAnswer> {
  let last: ManifestAnswer | undefined;
  let etag: string | false | null | undefined;

  async function read(signal: AbortSignal): Promise<ManifestAnswer> {
    const startedAt = env.now();
    const sent = etag;
    // On another origin, also after a redirect, a header set by the page would need a preflight: leave the revalidation
    // to the browser. A request that fails may have failed because of the header.
    etag = undefined;
    const response = await env.fetch(url, {
      signal,
      ...(sent ? { cache: 'no-store', headers: { 'If-None-Match': sent } } : { cache: 'no-cache' }),
    });
    // Age in whole seconds (RFC 9111 section 5.1). If there are several values, the first counts.
    const age = Number(/^\d{1,9}(?=,|$)/.exec(response.headers.get('Age') ?? '') ?? 0);
    const confirmedAt = startedAt - age * 1000;
    if (response.status === 304 && sent) {
      etag = sent;
      return { ...last, confirmedAt };
    }
    if (!response.ok)
      throw failure('NETWORK_FAILED', `The version endpoint answered ${response.status}.`, 'Check versions.url.');
    const data = parseJson(await readText(response));
    const answer: ManifestAnswer = { confirmedAt };
    try {
      answer.orders = readOrders(data);
    } catch (cause) {
      answer.error = cause as TileCacheError;
    }
    try {
      answer.manifest = parseManifest(withoutOrders(data));
    } catch (cause) {
      answer.error = cause as TileCacheError;
    }
    const sameOrigin = new URL(url).origin === new URL(env.href).origin;
    etag = sameOrigin && !response.redirected && response.headers.get('ETag');
    return (last = answer);
  }

  return () =>
    new Promise((resolve, reject) => {
      const abort = new AbortController();
      const stop = () => {
        abort.abort();
        reject(failure('TIMEOUT', 'The version endpoint did not answer in time.', 'Check versions.url.'));
      };
      const timer = env.setTimeout(stop, REQUEST_LIMIT);
      closed.addEventListener('abort', stop, { once: true });
      read(abort.signal)
        .then(resolve, (cause: unknown) =>
          reject(
            isTileCacheError(cause)
              ? cause
              : failure(
                  'NETWORK_FAILED',
                  'The version endpoint cannot be reached.',
                  'Check versions.url and the network.',
                  cause,
                ),
          ),
        )
        .finally(() => {
          env.clearTimeout(timer);
          closed.removeEventListener('abort', stop);
        });
    });
}

/** Parses JSON. Throws `INVALID_MANIFEST` for anything else, such as a captive portal's page. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure('INVALID_MANIFEST', 'The manifest is not JSON.', 'Check versions.url.', cause);
  }
}

/** Reads the body as text. Rejects as soon as it is too large, whatever its headers say. */
async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > SIZE_LIMIT) {
      reader.cancel().catch(() => {});
      throw failure('LIMIT_EXCEEDED', `The manifest exceeds ${SIZE_LIMIT} bytes.`, 'Send a smaller one.');
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}
