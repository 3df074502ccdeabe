import type { ManifestChange, ManifestEntry } from './manifest';
import { isRecord, own, readBBox, readLayerName, readRevision, readVersion, readWord, readZooms, refuse } from './validate';

/** Layers that a manifest may name. */
export const MAX_MANIFEST_LAYERS = 1000;
/** Changes that an entry may tell. */
export const MAX_MANIFEST_CHANGES = 64;

/** Both forms of the manifest in one. */
export interface NormalManifest {
  /** For every layer that has no entry of its own. */
  all?: ManifestEntry;
  /** By layer; without a prototype, so that any name is just a name. */
  layers: Record<string, ManifestEntry>;
}

const CODE = 'INVALID_MANIFEST';

function readChange(value: unknown, field: string): ManifestChange {
  if (!isRecord(value)) refuse(CODE, field, 'an object');
  const bbox = own(value, 'bbox');
  const zooms = own(value, 'zooms');
  const scope = own(value, 'scope');
  return {
    from: readVersion(own(value, 'from'), `${field}.from`, CODE),
    ...(bbox !== undefined && { bbox: readBBox(bbox, `${field}.bbox`, CODE) }),
    ...(zooms !== undefined && { zooms: readZooms(zooms, `${field}.zooms`, CODE) }),
    ...(scope !== undefined && { scope: readWord(scope, ['tiles', 'metadata'], `${field}.scope`, CODE) }),
  };
}

function readEntry(value: unknown, field: string): ManifestEntry {
  if (!isRecord(value)) refuse(CODE, field || 'manifest', 'an object');
  const at = (name: string) => (field ? `${field}.${name}` : name);
  const revision = own(value, 'revision');
  const changes = own(value, 'changes');
  const entry: ManifestEntry = { version: readVersion(own(value, 'version'), at('version'), CODE) };
  if (revision !== undefined) entry.revision = readRevision(revision, at('revision'), CODE);
  if (changes !== undefined) {
    if (!Array.isArray(changes) || changes.length > MAX_MANIFEST_CHANGES)
      refuse(CODE, at('changes'), `a list of at most ${MAX_MANIFEST_CHANGES} changes`);
    entry.changes = changes.map((change, i) => readChange(change, `${at('changes')}[${i}]`));
  }
  return entry;
}

/**
 * The version manifest, checked. Unknown fields are ignored, so that newer origins can say more.
 * Throws `TileCacheError` INVALID_MANIFEST; the field is named.
 */
export function parseManifest(value: unknown): NormalManifest {
  if (!isRecord(value)) refuse(CODE, 'manifest', 'an object');
  const result: NormalManifest = { layers: Object.create(null) as Record<string, ManifestEntry> };
  const layers = own(value, 'layers');
  if (layers === undefined || own(value, 'version') !== undefined) result.all = readEntry(value, '');
  if (layers === undefined) return result;
  if (!isRecord(layers)) refuse(CODE, 'layers', 'an object');
  const entries = Object.entries(layers);
  if (entries.length > MAX_MANIFEST_LAYERS) refuse(CODE, 'layers', `at most ${MAX_MANIFEST_LAYERS} layers`);
  for (const [name, entry] of entries)
    result.layers[readLayerName(name, `layers.${name.slice(0, 32)}`, CODE)] = readEntry(entry, `layers.${name}`);
  return result;
}
