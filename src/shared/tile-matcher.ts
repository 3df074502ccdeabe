import { addressKey } from './address-key';
import { canonicalPath, canonicalValue, decode, searchParts, type SearchPart } from './canonical';
import { kvpOf, mayBeImage, readImageRequest, type ImageRequest } from './image-request';
import type { ResolvedLayer } from './layer-options';
import { matchPieces, type Captured } from './match-pieces';
import { readQuery } from './query-parts';
import { placeAtEnd, placeOfSlots, type ReadPlace } from './read-place';
import { isSecretSegment } from './secrets';
import { MAX_URL_LENGTH } from './template';
import type { TileId } from './tile';
import type { TilePlace } from './tile-place';
import { createRoutes, type Route, type RouteOptions } from './tile-routes';
import { isLayerName, isVersion } from './validate';

/** What a URL means to the cache. */
export interface TileAddress {
  layer: ResolvedLayer;
  /**
   * The tile, in XYZ numbering of its grid (rows from the south are already converted). Absent for URLs that are not
   * exactly one tile.
   */
  tile?: TileId;
  /** The image's place. Absent for metadata, and for images whose place cannot be read. */
  place?: TilePlace;
  /** The version that the URL carries, as a parameter or a path segment. */
  version?: string;
  /** The text in the version's place of the URL, whatever it is; '' for none. It is not part of `key`. */
  token: string;
  /**
   * The visible part of the key. For a tile: layer, place, pixel ratio, format and style, but not the host; otherwise
   * the canonical absolute URL. It leaves out the version, secrets, ignored parameters, the fragment, and everything
   * that is not known to be harmless.
   */
  key: string;
  /**
   * The text that distinguishes this image from others but may contain a secret; '' for none. Only its hash may be
   * stored.
   */
  hidden: string;
  /** Waits until the host of the layer's archive may be asked again. Absent where a page waits for the tile. */
  turn?: () => Promise<void>;
  /** The URL's secrets, `name=value&…` in sorted order; '' for none. Only their hash may be stored. */
  secrets: string;
}

/** Options of `createTileMatcher`. */
export interface TileMatcherOptions extends RouteOptions {
  layers: readonly ResolvedLayer[];
  /** Creates the layer for a name under `/tiles/{layer}/*` that is not configured. */
  catchAll?: (name: string) => ResolvedLayer | undefined;
  /** The worker's own origin, against which paths are resolved. */
  origin: string;
  /** The worker's scope. The default template also applies below its path. @default the root */
  scope?: string;
}

/** Matches the template's parameters against the URL's, in any order. Fills `found` and `captured`. */
function matchQuery(
  route: Route,
  given: readonly SearchPart[],
  isLayer: (raw: string) => boolean,
  found: Captured,
  captured: Map<SearchPart, Captured>,
): boolean {
  return route.query.every(([name, pieces]) => {
    const part =
      given.find((each) => each.name === name) ?? given.find((each) => each.name.toLowerCase() === name.toLowerCase());
    // The version may be missing: a page has none before it has learnt one.
    if (!part?.value && pieces.join('') === 'version') return true;
    const match = part && matchPieces(pieces, canonicalValue(part.value), isLayer);
    if (!match) return false;
    captured.set(part, match);
    const { folded, fixed, tail } = found;
    Object.assign(found, match, { folded, fixed, tail });
    return true;
  });
}

/** The tile and its layer, as the path and the template give them. */
interface Located extends Partial<ReadPlace> {
  layer: ResolvedLayer;
  ratio: string;
  /** The text of the path before and after the tile. */
  before: string;
  after: string;
}

type LayerOf = (raw: string) => ResolvedLayer | undefined;

function locate(route: Route, found: Captured, layerOf: LayerOf): Located | undefined {
  const { layer: raw = '', '*': rest, r: ratio = '', fixed, tail } = found;
  const before = fixed.slice(0, fixed.length - tail.length);
  const layer = route.layer ?? layerOf(raw);
  if (!route.layer && rest !== undefined && /^\d+$/.test(raw) && !(layer && placeAtEnd(rest, layer))) {
    // `/tiles/3/4/5.png`: a number in the layer's place is the zoom of the layer `default`.
    const other = layerOf('default');
    const end = other && placeAtEnd(`${raw}/${rest}`, other);
    if (end) return { ...end, layer: other, before: fixed + end.before };
    if (!route.byName?.has(raw)) return other && { layer: other, ratio, before: fixed, after: `${raw}/${rest}` };
  }
  if (!layer) return undefined;
  const slots = placeOfSlots(found, layer);
  if (slots === false) return undefined;
  if (slots) return { ...slots, layer, ratio, before, after: tail + (rest ?? '') };
  const end = rest === undefined ? undefined : placeAtEnd(rest, layer);
  if (end) return { ...end, layer, before: fixed + end.before };
  return { layer, ratio, before, after: tail + (rest ?? '') };
}

/**
 * Returns the path without its host, and without anything that looks like a credential or is named like one; these go
 * to `hidden`.
 */
function showable(path: string, { secretParams }: ResolvedLayer, hidden: string[]): string {
  let before = '';
  return path.replace(/[^/]+/g, (segment) => {
    const text = decode(segment) ?? segment;
    const isSecret = isSecretSegment(secretParams, text, before);
    before = text;
    if (!isSecret) return segment;
    hidden.push(segment);
    return '~';
  });
}

function imageOf(parts: readonly SearchPart[], layer: ResolvedLayer): ImageRequest | undefined {
  const kvp = kvpOf(parts.map(({ name, value }) => [name, decode(value) ?? value] as const));
  return readImageRequest(kvp, layer.crs);
}

/**
 * Returns how the URL's numbers are read, unless they are read as usual. A release that corrects `scheme` or the order
 * of a template's slots must not find tiles in places where they never were.
 */
function readingOf(found: Captured, { scheme }: ResolvedLayer): string {
  const turned = /-y|,y,x/.exec(Object.keys(found).join());
  return (scheme === 'tms' ? scheme : '') + (turned ?? '');
}

function resolve(route: Route, url: URL, origin: string): TileAddress | undefined {
  const layerOf = (raw: string) => {
    const name = decode(raw);
    return isLayerName(name) ? (route.byName?.get(name) ?? route.catchAll?.(name)) : undefined;
  };
  // Accept a number for now: it may be a zoom, which is decided once the rest is known.
  const isLayer = (raw: string) => /^\d+$/.test(raw) || !!layerOf(raw);
  const host = `${url.protocol}//${url.host}`;
  const found = matchPieces(route.path, host + canonicalPath(url.pathname), isLayer, host.length);
  const parts = searchParts(url.search);
  const captured = new Map<SearchPart, Captured>();
  if (!found || !matchQuery(route, parts, isLayer, found, captured)) return undefined;
  const located = locate(route, found, layerOf);
  if (!located) return undefined;
  const { layer } = located;
  const image = located.place || !mayBeImage(url.search) ? undefined : imageOf(parts, layer);
  const { tile, place } = located.place ? located : (image ?? {});

  const { plain, hidden, secrets, version: ofQuery } = readQuery(parts, layer, captured, image, !!place);
  if (url.username || url.password) secrets.push(`@=${url.username}:${url.password}`);
  const version = decode(found.version ?? '') || ofQuery;
  const token = found.version && ofQuery && version !== ofQuery ? `${found.version}&${ofQuery}` : (version ?? '');
  const path =
    place || image
      ? addressKey({
          origin,
          layer: layer.name,
          tile,
          area: place && 'crs' in place ? place : undefined,
          ratio: located.ratio,
          before: readingOf(found, layer) + showable(located.before, layer, hidden),
          after: showable(located.after, layer, hidden),
        })
      : found.folded.replace(
          /^(\w+:\/\/[^/]*)(.*)/,
          (_, start: string, rest: string) => start + showable(rest, layer, hidden),
        );
  return {
    layer,
    token,
    key: path + (plain.length ? `?${plain.join('&')}` : ''),
    hidden: hidden.join('&'),
    secrets: secrets.sort().join('&'),
    ...(tile && { tile }),
    ...(place && { place }),
    ...(isVersion(version) && { version }),
  };
}

/**
 * Creates the function that returns the tile of a URL, or `undefined` if no layer has it. The function is synchronous
 * and its work is bounded. Configured layers come before the catch-all, and more specific templates before others.
 * Throws `INVALID_TEMPLATE` if two layers share a template without `{layer}`.
 */
export function createTileMatcher(options: TileMatcherOptions): (url: string) => TileAddress | undefined {
  const { origin } = options;
  const routes = createRoutes(options);
  return (url) => {
    if (url.length > MAX_URL_LENGTH || !routes.some((route) => url.includes(route.needle))) return undefined;
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch {
      return undefined;
    }
    for (const route of routes) {
      const address = resolve(route, parsed, origin);
      if (address) return address;
    }
    return undefined;
  };
}
