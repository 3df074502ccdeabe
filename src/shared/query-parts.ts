import { canonicalValue, decode, type SearchPart } from './canonical';
import type { ImageRequest } from './image-request';
import type { ResolvedLayer } from './layer-options';
import type { Captured } from './match-pieces';
import { isPlain } from './plain-params';
import { isNamed, isSecretName, looksLikeToken } from './secrets';

/** A URL's parameters, sorted by how a key treats them. */
export interface QueryParts {
  /** `name=value` of the parameters that a key may show. */
  plain: string[];
  /** Parameters that may change the image, but may be confidential: a key holds only their hash. */
  hidden: string[];
  /** Secrets: only their hash may be stored, and not even that if the layer shares tiles between credentials. */
  secrets: string[];
  version?: string | undefined;
}

/**
 * Returns the text of a parameter that the template names, without its slots if the tile is known, otherwise without
 * the version.
 */
function ofTemplate({ folded, fixed }: Captured, placed: boolean): string {
  if (!placed) return folded;
  return /[^/_,.:~-]/.test(fixed) ? fixed.replaceAll('/', '~') : '';
}

/**
 * Sorts a URL's parameters. `captured` holds those that the template names; `placed` tells whether the tile is known.
 */
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
    // Servers of OGC services ignore the case of parameter names.
    const shown = `${canonicalValue(image ? lower : name)}=${canonical}`;
    // The layer's `ignoreParams` takes precedence over the lists of common names.
    if (!named && isNamed(layer.ignoreParams, name)) continue;
    if (isSecretName(layer.secretParams, lower, signed)) secrets.push(`${lower}=${value}`);
    // Never ignore a parameter of the template: it may be the tile's place.
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
  // Only the server knows which of several versions counts, so all together form the token.
  if (versions.size) result.version = [...versions].join('&');
  return result;
}
