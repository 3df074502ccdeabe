import type { ManifestChange, ManifestEntry } from './manifest';
import {
  isRecord,
  list,
  own,
  readBBox,
  readLayerName,
  readRevision,
  readScope,
  readVersion,
  readZooms,
  record,
  refuse,
  text,
  type Read,
} from './validate';

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

/** A record of which one field must be there. */
const having =
  <T extends object>(name: keyof T & string, read: Read<T>): Read<T> =>
  (value, field, code) => {
    const result = read(value, field, code);
    readVersion(result[name], field ? `${field}.${name}` : name, code);
    return result;
  };

/** Treats a null member as absent, because other languages write null for one. */
const withoutNulls =
  <T>(read: Read<T>): Read<T> =>
  (value, field, code) =>
    read(
      isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null)) : value,
      field,
      code,
    );

/** Who applies the list reads it: here its letters count. */
const readTiles = text(/^[\w-]{0,200000}$/, 'at most 200,000 characters of base64url');

const change = having<ManifestChange>(
  'from',
  withoutNulls(record({ from: readVersion, bbox: readBBox, zooms: readZooms, tiles: readTiles, scope: readScope })),
);
const entry = having<ManifestEntry>(
  'version',
  withoutNulls(
    record({
      version: readVersion,
      revision: readRevision,
      epoch: readVersion,
      changes: list(change, 0, MAX_MANIFEST_CHANGES),
    }),
  ),
);

/**
 * The version manifest, checked: at most 1,000 layers and 64 changes an entry.
 * An `epoch` beside `layers` holds for all entries. Unknown fields are ignored, so that newer origins can say more.
 * Throws `TileCacheError` INVALID_MANIFEST; the field is named.
 */
export function parseManifest(value: unknown): NormalManifest {
  if (!isRecord(value)) refuse(CODE, 'manifest', 'an object');
  const result: NormalManifest = { layers: Object.create(null) as Record<string, ManifestEntry> };
  const layers = own(value, 'layers');
  if (layers === undefined || own(value, 'version') !== undefined) result.all = entry(value, '', CODE);
  const epoch = own(value, 'epoch');
  const series = epoch === undefined ? {} : { epoch: readVersion(epoch, 'epoch', CODE) };
  if (layers === undefined) return result;
  const entries = isRecord(layers) ? Object.entries(layers) : refuse(CODE, 'layers', 'an object');
  if (entries.length > MAX_MANIFEST_LAYERS) refuse(CODE, 'layers', `at most ${MAX_MANIFEST_LAYERS} layers`);
  for (const [name, item] of entries) {
    readLayerName(name, `layers.${name.slice(0, 32)}`, CODE);
    // The manifest's own `epoch` is that of every entry that names none.
    result.layers[name] = { ...series, ...entry(item, `layers.${name}`, CODE) };
  }
  return result;
}
