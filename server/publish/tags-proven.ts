import { layerTag, zoomTags } from '../tiles/cache-tags';
import { isThere, type Sight } from './sight';

/**
 * Looks for the purge's tags in the answers of origin and edge. Returns `undefined` if there were no answers. An edge
 * may remove the tags for browsers, but it must not show others.
 */
export function proveTags(
  tags: readonly string[],
  origin: ReadonlyArray<Sight | undefined>,
  edge: ReadonlyArray<Sight | undefined>,
): { ok: boolean; detail: string } | undefined {
  const [main, ...further] = tags;
  const atOrigin = tagsOf(origin);
  const atEdge = tagsOf(edge);
  if (main === undefined) return undefined;
  if (atOrigin && !atOrigin.has(main))
    return {
      ok: false,
      detail: `the origin's tiles have no tag ${main} (${told(atOrigin)}), so a purge by tag finds nothing. Wrap the tiles with tileHeaders, or send Cache-Tag and Surrogate-Key`,
    };
  if (atEdge && atEdge.size > 0 && !atEdge.has(main))
    return {
      ok: false,
      detail: `${atOrigin ? `the origin's tiles have ${main}, which is lost between origin and edge` : `the edge's tiles have no ${main}`} (${told(atEdge)}). Let every hop pass Cache-Tag and Surrogate-Key on`,
    };
  if (!atOrigin) return atEdge?.has(main) ? { ok: true, detail: `${main} is at the edge` } : undefined;
  const missing = further.filter((tag) => !atOrigin.has(tag) && !atEdge?.has(tag));
  const where = !atEdge ? 'the edge was not seen' : atEdge.has(main) ? 'and at the edge' : 'the edge shows no tags';
  return {
    ok: true,
    detail: `${main} is at the origin, ${where}${missing.length > 0 ? `; on no sample: ${missing.join(' ')}` : ''}`,
  };
}

/** Returns whether every answer with tags of the layer has one by zoom. */
export const bearZoomTags = (layer: string, sights: ReadonlyArray<Sight | undefined>): boolean =>
  sights.filter(isThere).every(({ tags }) => {
    const known = zoomTags(layer);
    return !tags.includes(layerTag(layer)) || tags.some((tag) => known.includes(tag));
  });

function tagsOf(sights: ReadonlyArray<Sight | undefined>): Set<string> | undefined {
  const there = sights.filter(isThere);
  return there.length > 0 ? new Set(there.flatMap(({ tags }) => tags)) : undefined;
}

/** Formats foreign tags for a terminal. */
function told(tags: ReadonlySet<string>): string {
  const some = [...tags].slice(0, 5).map((tag) => tag.slice(0, 64));
  return some.length > 0 ? `found: ${some.join(' ')}` : 'found none';
}
