import { attempt } from '../page/env';
import { parseManifest, type NormalManifest } from '../shared/parse-manifest';

/**
 * Reads the versions in the page's own address: `?tileVersion=3f2a` for every layer, `?tileVersion=roads:3f2a,poi:9b`
 * for single layers (with `,` and `:` in their names percent-encoded). A page tells versions to an iframe in another
 * storage partition this way. Ignores malformed parts.
 */
export function readProvisional(href: string): NormalManifest {
  const value = attempt(() => new URL(href).searchParams.get('tileVersion'));
  return (value && attempt(() => parseManifest(toManifest(value)))) || { layers: {} };
}

function toManifest(value: string): unknown {
  if (!value.includes(':')) return { version: value };
  const layers = Object.create(null) as Record<string, unknown>;
  for (const part of value.split(',')) {
    const at = part.indexOf(':');
    layers[decodeURIComponent(part.slice(0, at))] = { version: part.slice(at + 1) };
  }
  return { layers };
}
