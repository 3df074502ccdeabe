import type { LayerOptions } from '../../src/shared/layer-options';
import { presets } from '../../src/shared/presets';
import { MAX_TEMPLATES } from '../../src/shared/resolve-layer';
import { parseTemplate } from '../../src/shared/template';
import { HIGHEST_ZOOM } from '../../src/shared/tile';
import { isInteger, isLayerName, isRecord, refuse } from '../../src/shared/validate';
import { fontFilesOf } from './font-faces';
import { spritesOf, templatesOf } from './style';

/**
 * Layers of the worker for a MapLibre style: one for each source that names its tiles, and `assets` for the style and
 * what it needs besides (a layer has 64 templates at most: the rest go to `style-assets`). `at` is the address of the
 * style; what is relative is relative to that. Sources with a TileJSON (`url`) do not say where their tiles are:
 * `documents` are these, as they were read, by the name of the source. URLs that no layer can have, such as `pmtiles:` or
 * tiles with `{prefix}`, are left out.
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
    const { type, url, data, urls, scheme, maxzoom } = { ...(documents[name] as object | undefined), ...source };
    for (const one of [url, data, ...(Array.isArray(urls) ? (urls as unknown[]) : [])]) add(one, exactly);
    // In a manifest `*` stands for the layers that are not named.
    if (!isLayerName(name) || name === '*') continue;
    const document = documents[name];
    // Two sources may share their tiles, as terrain and its hillshade do: then the first one's layer has them.
    const template = [...templatesOf(source), ...templatesOf(document)]
      .map((one) => absolute(one, at))
      .filter((one) => one.includes('{') && suits(one) && !known.has(one))
      .slice(0, MAX_TEMPLATES);
    if (template.length === 0) continue;
    for (const one of template) known.add(one);
    const preset = type === 'vector' ? presets.vector : presets.base;
    layers[name] = {
      ...preset,
      template,
      ...(scheme === 'tms' && { scheme }),
      ...(isInteger(maxzoom, 0, HIGHEST_ZOOM) && { maxZoom: maxzoom }),
    };
  }
  for (const sprite of spritesOf(style['sprite']))
    for (const ending of ['.json', '.png', '@2x.json', '@2x.png']) add(sprite, (url) => exactly(url) + ending);
  const { glyphs } = style;
  add(glyphs, () => absolute(glyphs as string, at).replace(/[^/]*\{.*$/, '*'));
  for (const url of fontFilesOf(style['font-faces'])) add(url, exactly);
  const files = [...assets].filter(suits);
  for (let own = 'assets'; files.length > 0; own = `style-${own}`)
    if (!layers[own]) layers[own] = { ...presets.assets, template: files.splice(0, MAX_TEMPLATES) };
  return layers;
}

/** Makes a template absolute, and leaves its slots as they are; '' for what is no URL. Requests have no fragment. */
function absolute(url: string, at: string): string {
  return URL.canParse(url, at)
    ? new URL(url, at).href.replace(/#.*/, '').replace(/%7B/gi, '{').replace(/%7D/gi, '}')
    : '';
}

/** True for a template that a layer may have. One that no layer may have must not keep the worker from starting. */
function suits(template: string): boolean {
  try {
    parseTemplate(template, 'https://localhost');
    return true;
  } catch {
    return false;
  }
}

/** Returns a file's address without its query, which each page chooses itself. */
const exactly = ({ origin, pathname }: URL): string => origin + pathname;
