import { type ErrorRecord, errorRecord, isTileCacheError, TileCacheError } from '../../src/shared/errors';

/** What the adapter knows of a request beyond the Request itself. */
export interface RequestContext {
  /** The address of the peer. */
  address?: string | undefined;
}

/** A fetch-style handler. */
export type Handler = (request: Request, context?: RequestContext) => Response | Promise<Response>;

/** A JSON answer. */
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

/** Codes whose messages are about the origin itself: paths, addresses, what a store answered. */
const INTERNAL: readonly ErrorRecord['code'][] = ['STORAGE_FAILED', 'NETWORK_FAILED'];
const FAILED: ErrorRecord = { code: 'STORAGE_FAILED', message: 'The origin failed.', remedy: 'Try again.' };

/**
 * An error as an answer: `{ error: { code, message, remedy, field? } }`. Whoever asks reads what is wrong with the request;
 * of what broke in the origin the code alone, for its words are foreign or name its insides.
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

/** 405, with what is allowed. */
export function wrongMethod(...allow: string[]): Response {
  return problem(
    405,
    { code: 'INVALID_MESSAGE', message: 'The method is not allowed here.', remedy: `Use ${allow.join(' or ')}.` },
    { allow: allow.join(', ') },
  );
}

/** Compares two secrets in a time that tells nothing of where they differ: digests of the same length, every byte. */
export async function sameSecret(given: string, expected: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [a, b] = await Promise.all(
    [given, expected].map((text) => crypto.subtle.digest('SHA-256', encoder.encode(text))),
  );
  const right = new Uint8Array(b!);
  return new Uint8Array(a!).reduce((difference, byte, i) => difference | (byte ^ right[i]!), 0) === 0;
}

/** The token of `Authorization: Bearer …` is the expected one. */
export async function bearerIs(request: Request, expected: string): Promise<boolean> {
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  // The comparison is made without a token too, so that its absence takes as long as a wrong one.
  return (await sameSecret(given ?? '', expected)) && given !== undefined;
}

/** 401, the same for no token and a wrong one. */
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
 * The body's bytes, decompressed if it says gzip or deflate, never more than `limit` of them on either side.
 * Throws `LIMIT_EXCEEDED` for more and `INVALID_MESSAGE` for another encoding or a broken one.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > limit) throw tooLong(limit);
  if (!request.body) return new Uint8Array();
  const raw = await collect(request.body, limit);
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return raw;
  if (encoding !== 'gzip' && encoding !== 'deflate')
    throw unreadable(`Content-Encoding ${encoding.slice(0, 32)} is not known`);
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
      // What is behind stays unread: a bomb is never unpacked.
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

/** Seconds that a body may take: one that trickles would hold its connection, and what waits for it, for ever. */
const SLOWEST_BODY = 30;

function deadline(seconds: number): { passed: Promise<never>; clear(): void } {
  let timer: ReturnType<typeof setTimeout>;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreadable(`it did not come within ${seconds} s`)), seconds * 1000);
  });
  passed.catch(() => undefined);
  return { passed, clear: () => clearTimeout(timer) };
}

/** The body as JSON. Throws as `readBody` does, and `INVALID_MESSAGE` for what is no JSON. */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  const bytes = await readBody(request, limit);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable('the body is no JSON', cause);
  }
}

/** The status that a `TileCacheError` of reading a request deserves. */
export function statusOf(error: unknown): number {
  if (!isTileCacheError(error)) return 500;
  if (error.code === 'LIMIT_EXCEEDED') return 413;
  if (error.code === 'CONFLICT') return 409;
  // The origin's own configuration is nothing that the request could mend.
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
