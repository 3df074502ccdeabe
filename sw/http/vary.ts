import type { ResolvedLayer } from '../../src/shared/layer-options';

/** What a worker knows of the fields that the browser adds behind its back. */
export interface VaryEnvironment {
  /** `navigator.languages` */
  languages: readonly string[];
  userAgent: string;
  /** The worker's own origin. */
  origin: string;
}

/** The part of a request that can select a variant. */
export type VaryRequest = Pick<Request, 'headers' | 'mode' | 'url' | 'credentials'>;

// The same for every request of one browser; Authorization partitions the key already.
const CONSTANT = /^(accept-encoding|host|connection|te|authorization|upgrade-insecure-requests)$/;
// Added after the worker, or not visible to it: two requests may differ in them unseen.
const UNKNOWN =
  /^(cookie|referer|sec-.*|dnt|save-data|priority|purpose|dpr|width|viewport-width|device-memory|rtt|ect|downlink)$/;

/** The field names that the response varies on, in lower case; `'*'` when it can be matched by no request. */
export function varyFields(headers: Headers): string[] | '*' | undefined {
  const field = headers.get('vary');
  if (field === null) return undefined;
  const names = field
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return names.includes('*') ? '*' : names.length ? names : undefined;
}

/**
 * What tells the variant that this request selects (RFC 9111 section 4.1) from others: a short hash, so that no header
 * value enters a key. `''` where nothing differs within one browser, `undefined` where a field is out of the worker's
 * sight: then validate before use.
 */
export function variantOf(fields: readonly string[], request: VaryRequest, env: VaryEnvironment): string | undefined {
  if (fields.some((name) => UNKNOWN.test(name) && !(name === 'cookie' && withoutCookies(request, env))))
    return undefined;
  const told = [...new Set(fields)].filter((name) => !CONSTANT.test(name)).sort();
  return told.length ? hash(JSON.stringify(told.map((name) => [name, normalised(name, request, env)]))) : '';
}

/** As `variantOf`; where a layer's tiles are shared whatever their credentials, those of a response that varies on them are not. */
export const variantIn = (
  { shareAcrossCredentials }: Pick<ResolvedLayer, 'shareAcrossCredentials'>,
  fields: readonly string[],
  request: VaryRequest,
  env: VaryEnvironment,
): string | undefined =>
  shareAcrossCredentials && fields.includes('authorization') ? undefined : variantOf(fields, request, env);

const crossOrigin = ({ url }: VaryRequest, { origin }: VaryEnvironment) => !url.startsWith(`${origin}/`);

/** CORS requests across origins, as maps make them, send no cookies unless told to. */
const withoutCookies = (request: VaryRequest, env: VaryEnvironment) =>
  request.credentials === 'omit' || (request.credentials === 'same-origin' && crossOrigin(request, env));

function normalised(name: string, request: VaryRequest, env: VaryEnvironment): string | null {
  if (name === 'user-agent') return request.headers.get(name) ?? env.userAgent;
  // A GET carries Origin only when it is cross-origin and in CORS mode.
  if (name === 'origin') return request.mode === 'cors' && crossOrigin(request, env) ? env.origin : null;
  const value = request.headers.get(name) ?? (name === 'accept-language' ? env.languages.join() : null);
  if (!/^accept/.test(name)) return value;
  // Lists whose order carries no meaning and whose members are case-insensitive.
  return value && value.toLowerCase().replace(/\s+/g, '').split(',').sort().join();
}

/** 64 bits, at once: variants of one URL are few, and none is chosen by an enemy. */
function hash(text: string): string {
  return [1, 2]
    .map((state) => {
      for (let i = 0; i < text.length; i++) {
        state = Math.imul(state ^ text.charCodeAt(i), 2654435761);
        state ^= state >>> 15;
      }
      return (state >>> 0).toString(36);
    })
    .join('');
}
