import type { ResolvedLayer } from '../../src/shared/layer-options';
import { refererOf } from './referer';

/** The worker's knowledge of fields that the browser adds after the worker has sent a request. */
export interface VaryEnvironment {
  /** `navigator.languages` */
  languages: readonly string[];
  userAgent: string;
  /** The worker's own origin. */
  origin: string;
  /**
   * True if the user asked for less data (`navigator.connection.saveData`); browsers without it never send Save-Data.
   */
  saveData: () => boolean;
}

/** The part of a request that can select a variant. */
export type VaryRequest = Pick<Request, 'headers' | 'mode' | 'url' | 'credentials' | 'referrer' | 'referrerPolicy'>;

// Fields with the same value in every request of this worker for one URL. The browser, the device or a setting fixes
// it, or the fact that a worker sends it (Sec-Fetch-Dest is `empty`, Sec-Fetch-Site follows from the URL). Only
// a permission changes Sec-Fetch-Storage-Access, and what depends on it varies on Cookie, too.
// Authorization partitions the key.
const CONSTANT =
  /^(accept-encoding|host|connection|te|authorization|upgrade-insecure-requests|dnt|sec-gpc|(sec-)?purpose|sec-fetch-(?!mode).+|(sec-ch-)?device-memory)$/;
/** Fields that describe the browser and its system. They change with the version of either. */
const BROWSER = /^(user-agent|sec-ch-ua(-.*)?)$/;
/** RFC 9110 section 5.6.2. */
const FIELD_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
/** Fields that the browser adds later or hides: two requests may differ in them without the worker's knowledge. */
const UNSEEN = /^(\*|cookie|sec-(?!fetch-mode$).*|priority|dpr|width|viewport-.*|rtt|ect|downlink)$/;
const isUnseen = (name: string) => UNSEEN.test(name) && !CONSTANT.test(name) && !BROWSER.test(name);

/**
 * The field names, in lower case, that select a layer's variants: those of `Vary` except those that the layer ignores.
 */
export function selectingFields({ ignoreVary }: Pick<ResolvedLayer, 'ignoreVary'>, headers: Headers): string[] {
  return ignoreVary === true ? [] : varyFields(headers).filter((name) => !ignoreVary.includes(name));
}

/** The field names that the response varies on, in lower case. Only `*`: no request can match it. */
export function varyFields(headers: Headers): string[] {
  // No request has a field with an invalid name (`Accept-Encoding; q=1`), so no request differs in it.
  const names = (headers.get('vary') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => FIELD_NAME.test(name));
  return names.includes('*') ? ['*'] : names;
}

/**
 * Identifies the variant that this request selects (RFC 9111 section 4.1) by a short hash, so that no header value
 * enters a key. `''`: nothing differs within one browser. `undefined`: the worker cannot see a field, so validate
 * before use.
 */
export function variantIn(
  layer: Sharing,
  fields: readonly string[],
  request: VaryRequest,
  env: VaryEnvironment,
): string | undefined {
  if (unseenField(layer, fields, request, env) !== undefined) return undefined;
  const told = [...new Set(fields)].filter((name) => !CONSTANT.test(name)).sort();
  return told.length ? hash(JSON.stringify(told.map((name) => [name, normalised(name, request, env)]))) : '';
}

type Sharing = Pick<ResolvedLayer, 'shareAcrossCredentials'>;

/**
 * The first field in which two requests may differ without the worker's knowledge. Authorization is such a field if the
 * layer shares tiles across credentials.
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

const crossOrigin = ({ url }: VaryRequest, { origin }: VaryEnvironment) => !url.startsWith(`${origin}/`);

/** True for requests without cookies. By default the cross-origin CORS requests of maps send none. */
const withoutCookies = (request: VaryRequest, env: VaryEnvironment) =>
  request.credentials === 'omit' || (request.credentials === 'same-origin' && crossOrigin(request, env));

function normalised(name: string, request: VaryRequest, env: VaryEnvironment): string | null {
  if (BROWSER.test(name)) return request.headers.get(name) ?? env.userAgent;
  if (name === 'save-data') return env.saveData() ? 'on' : null;
  if (name === 'referer') return refererOf(request);
  if (name === 'sec-fetch-mode') return crossOrigin(request, env) ? 'cors' : request.mode;
  const value = request.headers.get(name) ?? (name === 'accept-language' ? env.languages.join() : null);
  if (!/^accept/.test(name)) return value;
  // The order of these lists has no meaning, and their members are case-insensitive.
  return value && value.toLowerCase().replace(/\s+/g, '').split(',').sort().join();
}

/** A synchronous 64-bit hash. It suffices: one URL has few variants, and no attacker chooses them. */
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
