import { type ErrorRecord, errorRecord, isTileCacheError, TileCacheError } from '../../src/shared/errors';

/** Details of a request that only the adapter knows. */
export interface RequestContext {
  /** The IP address of the peer that opened the connection. */
  address?: string | undefined;
}

/** A fetch-style handler: takes a `Request` and returns a `Response`. */
export type Handler = (request: Request, context?: RequestContext) => Response | Promise<Response>;

/** Creates a JSON response. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

/** Codes of errors in the origin itself. Their messages may hold paths, addresses or a store's answer. */
const INTERNAL: readonly ErrorRecord['code'][] = ['STORAGE_FAILED', 'NETWORK_FAILED'];
const FAILED: ErrorRecord = { code: 'STORAGE_FAILED', message: 'The origin failed.', remedy: 'Try again.' };

/**
 * Creates an error response: `{ error: { code, message, remedy, field? } }`. The client gets the full message for
 * errors in its request. For errors in the origin it gets only the code, because the message may reveal internals.
 */
export function problem(status: number, error: ErrorRecord | unknown, headers: Record<string, string> = {}): Response {
  return json({ error: isTileCacheError(error) || !isRecordOfError(error) ? tellable(error) : error }, status, headers);
}

function tellable(error: unknown): ErrorRecord {
  if (!isTileCacheError(error)) return FAILED;
  return INTERNAL.includes(error.code) ? { ...FAILED, code: error.code } : errorRecord(error);
}

function isRecordOfError(error: unknown): error is ErrorRecord {
  return (
    typeof error === 'object' && error !== null && 'code' in error && 'remedy' in error && !(error instanceof Error)
  );
}

/** Creates a 405 response that lists the allowed methods. */
export function wrongMethod(...allow: string[]): Response {
  return problem(
    405,
    { code: 'INVALID_MESSAGE', message: 'The method is not allowed here.', remedy: `Use ${allow.join(' or ')}.` },
    { allow: allow.join(', ') },
  );
}

/** Compares two secrets in constant time: hashes both to digests of the same length and compares every byte. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [a, b] = await Promise.all(
    [given, expected].map((text) => crypto.subtle.digest('SHA-256', encoder.encode(text))),
  );
  const right = new Uint8Array(b!);
  return new Uint8Array(a!).reduce((difference, byte, i) => difference | (byte ^ right[i]!), 0) === 0;
}

/** Returns whether the request bears the expected token in `Authorization: Bearer …`. */
export async function bearerIs(request: Request, expected: string): Promise<boolean> {
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  // Compare even without a token, so that a missing token takes as long as a wrong one.
  return (await sameSecret(given ?? '', expected)) && given !== undefined;
}

/** Creates a 401 response. It is the same for a missing token and a wrong one. */
export function unauthorized(): Response {
  return problem(
    401,
    {
      code: 'INVALID_MESSAGE',
      field: 'Authorization',
      message: 'The bearer token is missing or wrong.',
      remedy: 'Send Authorization: Bearer <token>.',
    },
    { 'www-authenticate': 'Bearer' },
  );
}

/**
 * Reads the body, and decompresses it if it declares gzip or deflate. Reads at most `limit` bytes before and after
 * decompression. Throws `LIMIT_EXCEEDED` for a larger body, and `INVALID_MESSAGE` for another or a broken encoding.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > limit) throw tooLong(limit);
  if (!request.body) return new Uint8Array();
  const raw = await collect(request.body, limit);
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return raw;
  if (encoding !== 'gzip' && encoding !== 'deflate')
    throw unreadable(`Content-Encoding ${encoding.slice(0, 32)} is not supported`);
  const inflated = new Blob([raw as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(encoding));
  return collect(inflated, limit).catch((error: unknown) => {
    throw isTileCacheError(error) ? error : unreadable('the body cannot be decompressed', error);
  });
}

async function collect(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  const give = () => void reader.cancel().catch(() => undefined);
  const slow = deadline(SLOWEST_BODY);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), slow.passed]);
      if (done) break;
      total += value.byteLength;
      // Stop before the rest is decompressed: it may be a decompression bomb.
      if (total > limit) throw tooLong(limit);
      chunks.push(value);
    }
  } catch (error) {
    give();
    throw error;
  } finally {
    slow.clear();
  }
  const all = new Uint8Array(total);
  chunks.reduce((at, chunk) => (all.set(chunk, at), at + chunk.byteLength), 0);
  return all;
}

/** Seconds that a body may take to arrive, so that a slow sender cannot hold its connection open forever. */
const SLOWEST_BODY = 30;

function deadline(seconds: number): { passed: Promise<never>; clear(): void } {
  let timer: ReturnType<typeof setTimeout>;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreadable(`it did not come within ${seconds} s`)), seconds * 1000);
  });
  passed.catch(() => undefined);
  return { passed, clear: () => clearTimeout(timer) };
}

/** Reads the body as JSON. Throws as `readBody` does, and `INVALID_MESSAGE` if the body is not JSON. */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  const bytes = await readBody(request, limit);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable('the body is not JSON', cause);
  }
}

/** Returns the HTTP status for an error that was thrown while the request was read. */
export function statusOf(error: unknown): number {
  if (!isTileCacheError(error)) return 500;
  if (error.code === 'LIMIT_EXCEEDED') return 413;
  if (error.code === 'CONFLICT') return 409;
  // The fault is in the origin's configuration, not in the request.
  if (error.code === 'INVALID_OPTION') return 500;
  return error.code === 'STORAGE_FAILED' ? 503 : 400;
}

function tooLong(limit: number): TileCacheError {
  return new TileCacheError({
    code: 'LIMIT_EXCEEDED',
    field: 'body',
    message: `body is longer than ${limit} bytes.`,
    remedy: 'Send less at once.',
  });
}

function unreadable(why: string, cause?: unknown): TileCacheError {
  return new TileCacheError(
    {
      code: 'INVALID_MESSAGE',
      field: 'body',
      message: `body is not readable: ${why}.`,
      remedy: 'Send JSON in UTF-8, plain or with gzip.',
    },
    { cause },
  );
}
