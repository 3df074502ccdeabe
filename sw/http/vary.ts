import type { ResolvedLayer } from '../../src/shared/layer-options';
import { refererOf } from './referer';

/** What a worker knows of the fields that the browser adds behind its back. */
export interface VaryEnvironment {
  /** `navigator.languages` */
  languages: readonly string[];
  userAgent: string;
  /** The worker's own origin. */
  origin: string;
  /** The user has asked for less data (`navigator.connection.saveData`); browsers without it never send Save-Data. */
  saveData: () => boolean;
}

/** The part of a request that can select a variant. */
export type VaryRequest = Pick<Request, 'headers' | 'mode' | 'url' | 'credentials' | 'referrer' | 'referrerPolicy'>;

// The same for every request for one URL that this worker sends: by the browser, the device or a setting, or because a
// worker sends it (Sec-Fetch-Dest is `empty`, Sec-Fetch-Site follows from the URL). Authorization partitions the key.
const CONSTANT =
  /^(accept-encoding|host|connection|te|authorization|upgrade-insecure-requests|dnt|sec-gpc|(sec-)?purpose|sec-fetch-(dest|site|user)|(sec-ch-)?device-memory)$/;
/** What describes the browser and its system; it changes with their version. */
const BROWSER = /^(user-agent|sec-ch-ua(-.*)?)$/;
/** RFC 9110 section 5.6.2. */
const FIELD_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
/** Told by the request or the environment. */
const TOLD = /^sec-fetch-mode$/;
/** Added behind the worker, or not visible to it: two requests may differ in them unseen. */
const UNSEEN = /^(cookie|sec-.*|priority|dpr|width|viewport-.*|rtt|ect|downlink)$/;
const isUnseen = (name: string) => UNSEEN.test(name) && ![CONSTANT, BROWSER, TOLD].some((seen) => seen.test(name));

/**
 * The field names by which a layer's responses are told apart, in lower case: those of `Vary` but for what the layer
 * ignores; `'*'` when no request can match.
 */
export function selectingFields(
  { ignoreVary }: Pick<ResolvedLayer, 'ignoreVary'>,
  headers: Headers,
): string[] | '*' | undefined {
  if (ignoreVary === true) return undefined;
  const fields = varyFields(headers);
  if (!fields || fields === '*' || !ignoreVary.length) return fields;
  const left = fields.filter((name) => !ignoreVary.includes(name));
  return left.length ? left : undefined;
}

/** The field names that the response varies on, in lower case; `'*'` when it can be matched by no request. */
export function varyFields(headers: Headers): string[] | '*' | undefined {
  const field = headers.get('vary');
  if (field === null) return undefined;
  // What is no name of a field (`Accept-Encoding; q=1`) is in no request: nothing differs in it.
  const names = field
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => FIELD_NAME.test(name));
  return names.includes('*') ? '*' : names.length ? names : undefined;
}

/**
 * What tells the variant that this request selects (RFC 9111 section 4.1) from others: a short hash, so that no header
 * value enters a key. `''` where nothing differs within one browser, `undefined` where a field is out of the worker's
 * sight: then validate before use.
 */
export function variantOf(fields: readonly string[], request: VaryRequest, env: VaryEnvironment): string | undefined {
  if (unseenField({ shareAcrossCredentials: false }, fields, request, env) !== undefined) return undefined;
  const told = [...new Set(fields)].filter((name) => !CONSTANT.test(name)).sort();
  return told.length ? hash(JSON.stringify(told.map((name) => [name, normalised(name, request, env)]))) : '';
}

type Sharing = Pick<ResolvedLayer, 'shareAcrossCredentials'>;

/**
 * The first field that two requests may differ in without the worker's knowledge. Authorization is one where a layer's
 * tiles are shared whatever their credentials.
 */
export const unseenField = (
  { shareAcrossCredentials }: Sharing,
  fields: readonly string[],
  request: VaryRequest,
  env: VaryEnvironment,
): string | undefined =>
  fields.find((name) =>
    name === 'cookie'
      ? !withoutCookies(request, env)
      : isUnseen(name) || (shareAcrossCredentials && name === 'authorization'),
  );

/** As `variantOf`, for a layer. */
export const variantIn = (
  layer: Sharing,
  fields: readonly string[],
  request: VaryRequest,
  env: VaryEnvironment,
): string | undefined =>
  unseenField(layer, fields, request, env) === undefined ? variantOf(fields, request, env) : undefined;

const crossOrigin = ({ url }: VaryRequest, { origin }: VaryEnvironment) => !url.startsWith(`${origin}/`);

/** CORS requests across origins, as maps make them, send no cookies unless told to. */
const withoutCookies = (request: VaryRequest, env: VaryEnvironment) =>
  request.credentials === 'omit' || (request.credentials === 'same-origin' && crossOrigin(request, env));

function normalised(name: string, request: VaryRequest, env: VaryEnvironment): string | null {
  if (BROWSER.test(name)) return request.headers.get(name) ?? env.userAgent;
  if (name === 'save-data') return env.saveData() ? 'on' : null;
  if (name === 'referer') return refererOf(request);
  if (name === 'sec-fetch-mode') return request.mode;
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
