import { isRecord, refuse } from '../../src/shared/validate';
import { type Handler, json, problem, readBody, statusOf, wrongMethod } from '../http/http';
import type { Jobs } from '../publish/jobs';
import { parsePublication, type Publication } from '../publish/publication';
import { createDeliveries } from './deliveries';
import { checkSignature } from './signature';

/** A delivery of a webhook, as `publication` receives it. */
export interface HookEvent {
  /** The parsed body. */
  payload: unknown;
  /** The request's headers. */
  headers: Headers;
}

/** A publication that a delivery makes. */
export type HookPublication = Partial<Publication> & { layer: string };

/** Options of one webhook. */
export interface HookOptions {
  /**
   * The secret that the sender shares, and signs each body with (HMAC-SHA256, as GitHub does); at least 16 characters.
   */
  secret: string;
  /** The layer of bodies that name none. @default none: the body must name a layer */
  layer?: string;
  /**
   * Converts a payload into a publication, or into several, at most 16. Return `undefined` or an empty list if the
   * event does not concern tiles.
   * @default the body itself is the publication, in the form that `POST /api/publish` takes
   */
  publication?: (event: HookEvent) => HookPublication | readonly HookPublication[] | undefined;
  /** Seconds by which the signed `X-Tile-Timestamp` may differ from the origin's clock. @default 300 */
  maxAge?: number;
}

/** Publications that one delivery may make. */
const MOST_PUBLICATIONS = 16;
/** Bytes that a delivery may have. */
const MAX_BYTES = 1_048_576;

interface HookParts {
  hooks: Record<string, HookOptions>;
  path: string;
  jobs: Pick<Jobs, 'start'>;
  now: () => number;
}

/**
 * Handles `POST /api/hooks/{name}`: publishes each delivery with a valid signature. Answers 202 with the job at once,
 * because senders wait for seconds only; 200 for a delivery that does not concern tiles or is a repetition; 401 for a
 * signature that is missing, wrong or too old.
 */
export function createHookHandler({ hooks, path, jobs, now }: HookParts): Handler {
  const deliveries = createDeliveries();
  return async (request) => {
    const name = new URL(request.url).pathname.slice(path.length + 1);
    const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined;
    if (!hook) return noHook();
    if (request.method !== 'POST') return wrongMethod('POST');
    try {
      const body = await readBody(request, MAX_BYTES);
      const signed = await checkSignature(request.headers, body, { maxAge: 300, ...hook }, now());
      if (!signed.ok) return unsigned(signed.why);
      if (request.headers.get('x-github-event') === 'ping') return json({ ignored: 'a ping' });
      const publications = read(hook, body, request.headers, `hook-${signed.digest.slice(0, 32)}`);
      if (publications.length === 0) return json({ ignored: 'nothing in it concerns tiles' });
      // The publication's id contains the delivery's digest, so that other instances recognise a repetition, too.
      const delivery = `${name} ${signed.digest}`;
      if (!deliveries.isNew(delivery)) return json({ ignored: 'it was delivered before' });
      const started = publications.map((publication) => jobs.start(publication));
      // Accept a failed delivery again. Its id keeps completed steps from being repeated.
      const again = () => deliveries.forget(delivery);
      for (const { result } of started) result.then(({ ok }) => void (ok || again()), again);
      const [first, ...others] = started.map(({ job }) => job);
      return json({ job: first, ...(others.length > 0 && { jobs: [first, ...others] }) }, 202);
    } catch (error) {
      return problem(statusOf(error), error);
    }
  };
}

/** Reads the publications of a delivery and gives each its own id. Throws `INVALID_MESSAGE`. */
function read({ publication, layer }: HookOptions, body: Uint8Array, headers: Headers, id: string): Publication[] {
  const payload = parseJson(body, headers);
  const made = publication ? madeOf(publication, payload, headers) : payload;
  const list: readonly unknown[] = publication && Array.isArray(made) ? made : made === undefined ? [] : [made];
  if (list.length > MOST_PUBLICATIONS) refuse('INVALID_MESSAGE', 'publications', `${MOST_PUBLICATIONS} at most`);
  return list.map((each, i) => {
    if (!isRecord(each)) return parsePublication(each);
    const own = { id: i === 0 ? id : `${id}-${i}` };
    return parsePublication({ ...each, ...(each.layer === undefined && layer !== undefined && { layer }), ...own });
  });
}

/** Calls the hook's own function. If the function throws for a body that is not JSON (`null`), refuses the delivery. */
function madeOf(publication: NonNullable<HookOptions['publication']>, payload: unknown, headers: Headers): unknown {
  try {
    return publication({ payload, headers });
  } catch (error) {
    if (payload !== null) throw error;
    return refuse('INVALID_MESSAGE', 'body', 'JSON', 'Send JSON (GitHub: content type application/json).');
  }
}

/** Parses the body: JSON, or the form with one field that GitHub sends by default. Returns `null` for anything else. */
function parseJson(body: Uint8Array, headers: Headers): unknown {
  const json = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '');
    return json(text) ?? (isForm ? json(new URLSearchParams(text).get('payload') ?? '') : undefined) ?? null;
  } catch {
    return null;
  }
}

function noHook(): Response {
  return problem(404, {
    code: 'INVALID_MESSAGE',
    field: 'name',
    message: 'There is no such hook.',
    remedy: 'Check its name, and the option hooks of the origin.',
  });
}

function unsigned(why: 'signature' | 'timestamp'): Response {
  return problem(401, {
    code: 'INVALID_MESSAGE',
    field: why === 'signature' ? 'X-Hub-Signature-256' : 'X-Tile-Timestamp',
    message:
      why === 'signature'
        ? 'The signature is missing or wrong.'
        : 'The delivery is too old, or its time lies in the future.',
    remedy:
      why === 'signature'
        ? 'Sign the body with the shared secret: X-Hub-Signature-256: sha256=<HMAC-SHA256 in hex>.'
        : 'Sign and send it again; check the clocks.',
  });
}
