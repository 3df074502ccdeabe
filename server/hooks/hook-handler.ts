import { isRecord } from '../../src/shared/validate';
import { type Handler, json, problem, readBody, statusOf, wrongMethod } from '../http/http';
import type { Jobs } from '../publish/jobs';
import { parsePublication, type Publication } from '../publish/publication';
import { createDeliveries } from './deliveries';
import { checkSignature } from './signature';

/** What a webhook says, as far as it concerns whoever makes a publication of it. */
export interface HookEvent {
  /** The body, parsed. */
  payload: unknown;
  /** The headers of the request. */
  headers: Headers;
}

/** One webhook. */
export interface HookOptions {
  /** Shared with the sender, who signs each body with it (HMAC-SHA256, as GitHub does); 16 characters at least. */
  secret: string;
  /** The layer, where the body names none. */
  layer?: string;
  /**
   * Makes the publication of a payload; `undefined`: nothing that concerns tiles happened.
   * @default the body itself is one, as `POST /api/publish` takes it
   */
  publication?: (event: HookEvent) => (Partial<Publication> & { layer: string }) | undefined;
  /** Seconds that the signed `X-Tile-Timestamp` may be off. @default 300 */
  maxAge?: number;
}

/** Bytes of a delivery. */
const MAX_BYTES = 1_048_576;

interface HookParts {
  hooks: Record<string, HookOptions>;
  path: string;
  jobs: Pick<Jobs, 'start'>;
  now: () => number;
}

/**
 * `POST /api/hooks/{name}`: a delivery whose signature is right becomes a publication. 202 with its job at once, since senders
 * wait for seconds only; 200 for one that says nothing of tiles or that came before; 401 for a signature that is missing or
 * wrong, or too old.
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
      const publication = read(hook, body, request.headers, `hook-${signed.digest.slice(0, 32)}`);
      if (!publication) return json({ ignored: 'nothing of it concerns tiles' });
      // The publication bears the delivery's digest as its id: another instance knows it again, too.
      const delivery = `${name} ${signed.digest}`;
      if (!deliveries.isNew(delivery)) return json({ ignored: 'it came before' });
      const { job, result } = jobs.start(publication);
      // A delivery that failed is worth another one: what is done of it already is not done twice, by its id.
      const again = () => deliveries.forget(delivery);
      result.then(({ ok }) => void (ok || again()), again);
      return json({ job }, 202);
    } catch (error) {
      return problem(statusOf(error), error);
    }
  };
}

function read(
  { publication, layer }: HookOptions,
  body: Uint8Array,
  headers: Headers,
  id: string,
): Publication | undefined {
  const payload = parseJson(body);
  const made = publication ? publication({ payload, headers }) : payload;
  if (made === undefined) return undefined;
  const named = isRecord(made) && made.layer === undefined && layer !== undefined ? { ...made, layer } : made;
  return parsePublication(isRecord(named) ? { ...named, id } : named);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // Refused as a publication, or by the hook's own function.
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
