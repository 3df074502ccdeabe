import type { LayerOptions } from '../../src/shared/layer-options';
import { presets } from '../../src/shared/presets';
import { isRecord, refuse } from '../../src/shared/validate';
import { fontFilesOf } from './font-faces';
import { spritesOf, templatesOf } from './style';

/**
 * Layers of the worker for a MapLibre style: one for each source that names its tiles, and `assets` for the style and
 * what it needs besides. `at` is the address of the style; what is relative is relative to that. Sources with a TileJSON
 * (`url`) do not say where their tiles are: `documents` are these, as they were read, by the name of the source.
 * @throws TileCacheError `INVALID_OPTION`, naming the field.
 */
export function styleLayers(
  style: unknown,
  at: string,
  documents: Readonly<Record<string, unknown>> = {},
): Record<string, LayerOptions> {
  const code = 'INVALID_OPTION';
  if (!isRecord(style)) refuse(code, 'style', 'a style document');
  if (!URL.canParse(at)) refuse(code, 'at', 'the absolute address of the style');
  const layers: Record<string, LayerOptions> = {};
  const assets = new Set<string>();
  const add = (url: unknown, make: (absolute: URL) => string) => {
    // A worker sees no other schemes, such as `mapbox:`, `pmtiles:` and `data:`.
    if (typeof url === 'string' && /^https?:\/\//.test(absolute(url, at))) assets.add(make(new URL(url, at)));
  };
  add(at, exactly);
  const known = new Set<string>();
  for (const [name, source] of Object.entries(isRecord(style['sources']) ? style['sources'] : {})) {
    if (!isRecord(source)) continue;
    const { type, url, data, scheme, maxzoom } = { ...(documents[name] as object | undefined), ...source };
    for (const one of [url, data]) add(one, exactly);
    const document = documents[name];
    // Two sources may share their tiles, as terrain and its hillshade do: then the first one's layer has them.
    const template = [...templatesOf(source), ...templatesOf(document)]
      .map((one) => absolute(one, at))
      .filter((one) => /^https?:\/\//.test(one) && !known.has(one));
    if (template.length === 0) continue;
    for (const one of template) known.add(one);
    const preset = type === 'vector' ? presets.vector : presets.base;
    layers[name] = {
      ...preset,
      template,
      ...(scheme === 'tms' && { scheme }),
      ...(Number.isInteger(maxzoom) && { maxZoom: maxzoom as number }),
    };
  }
  for (const sprite of spritesOf(style['sprite']))
    for (const ending of ['.json', '.png', '@2x.json', '@2x.png']) add(sprite, (url) => exactly(url) + ending);
  const { glyphs } = style;
  add(glyphs, () => absolute(glyphs as string, at).replace(/[^/]*\{.*$/, '*'));
  for (const url of fontFilesOf(style['font-faces'])) add(url, exactly);
  let own = 'assets';
  while (layers[own]) own = `style-${own}`;
  layers[own] = { ...presets.assets, template: [...assets] };
  return layers;
}

/** Makes a template absolute, and leaves its slots as they are; '' for what is no URL. */
function absolute(url: string, at: string): string {
  return URL.canParse(url, at) ? new URL(url, at).href.replace(/%7B/gi, '{').replace(/%7D/gi, '}') : '';
}

/** Returns a file's address without its query, which each page chooses itself. */
const exactly = ({ origin, pathname }: URL): string => origin + pathname;
