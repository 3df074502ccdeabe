import { canonicalValue, decode, type SearchPart } from './canonical';
import type { ImageRequest } from './image-request';
import type { ResolvedLayer } from './layer-options';
import type { Captured } from './match-pieces';
import { isPlain } from './plain-params';
import { isNamed, isSecretName, looksLikeToken } from './secrets';

/** A URL's parameters as a layer understands them. */
export interface QueryParts {
  /** `name=value` of what a key may show. */
  plain: string[];
  /** What else tells one image from another, and is not known to be harmless: only its hash may be stored. */
  hidden: string[];
  /** What opens a door: only its hash may be stored, and where credentials do not matter nothing of it. */
  secrets: string[];
  version?: string | undefined;
}

/** A parameter that the template names: its fixed text where the tile says the rest, or else all but the version. */
function ofTemplate({ folded, fixed }: Captured, placed: boolean): string {
  if (!placed) return folded;
  return /[^/_,.:~-]/.test(fixed) ? fixed.replaceAll('/', '~') : '';
}

/** Sorts a URL's parameters. `captured`: those that the template names; `placed`: the tile is known. */
export function readQuery(
  parts: readonly SearchPart[],
  layer: ResolvedLayer,
  captured: ReadonlyMap<SearchPart, Captured>,
  image: ImageRequest | undefined,
  placed: boolean,
): QueryParts {
  const result: QueryParts = { plain: [], hidden: [], secrets: [] };
  const { plain, hidden, secrets } = result;
  const signed = parts.some(({ name }) => name.toLowerCase() === 'sig');
  const versions = new Set<string>();
  for (const part of parts) {
    const { name, value } = part;
    const lower = name.toLowerCase();
    const named = captured.get(part);
    const canonical = canonicalValue(value);
    // Servers of OGC's kind do not care for case.
    const shown = `${canonicalValue(image ? lower : name)}=${canonical}`;
    // The operator's word comes before a list of names that others use.
    if (!named && isNamed(layer.ignoreParams, name)) continue;
    if (isSecretName(layer.secretParams, lower, signed)) secrets.push(`${lower}=${value}`);
    // What the template itself names is never ignored: it may be the tile's place.
    else if (named) {
      const text = ofTemplate(named, placed);
      if (named.version !== undefined && named.folded === '') versions.add(decode(value) ?? value);
      else if (text && looksLikeToken(text)) hidden.push(shown);
      else if (text) plain.push(`${shown.split('=', 1)[0]}=${text}`);
    } else if (name === layer.versionParam) versions.add(decode(value) ?? value);
    else if (image?.said.includes(lower)) continue;
    else if (isPlain(lower, decode(value.replaceAll('+', ' ')) ?? '%', layer.plainParams)) plain.push(shown);
    else {
      hidden.push(shown);
      if (looksLikeToken(decode(value) ?? value) || looksLikeToken(name)) secrets.push(shown);
    }
  }
  if (image) for (const list of [plain, hidden]) list.sort();
  // Of several only the server knows which one counts: together they are a token of their own.
  if (versions.size) result.version = [...versions].join('&');
  return result;
}
