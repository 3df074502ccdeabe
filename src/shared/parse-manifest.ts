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

/** Maximum number of layers in a manifest. */
export const MAX_MANIFEST_LAYERS = 1000;
/** Maximum number of changes in an entry. */
export const MAX_MANIFEST_CHANGES = 64;

/** A manifest, in one form for both that the endpoint may send. */
export interface NormalManifest {
  /** The entry for every layer that has no entry of its own. */
  all?: ManifestEntry;
  /** Entries by layer. The object has no prototype, so every name is safe. */
  layers: Record<string, ManifestEntry>;
}

const CODE = 'INVALID_MANIFEST';

/** Creates a reader for a record in which this field is required. */
const having =
  <T extends object>(name: keyof T & string, read: Read<T>): Read<T> =>
  (value, field, code) => {
    const result = read(value, field, code);
    readVersion(result[name], field ? `${field}.${name}` : name, code);
    return result;
  };

/** Leaves out null members, because other languages write null for an absent one. */
const bare = (value: unknown) =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null)) : value;
const withoutNulls =
  <T>(read: Read<T>): Read<T> =>
  (value, field, code) =>
    read(bare(value), field, code);

/** This reader checks only the characters. Code that applies the list decodes it. */
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
 * Checks a version manifest: at most 1,000 layers, and 64 changes in an entry. An `epoch` beside `layers` applies to
 * all entries. Ignores unknown fields, so that newer origins may add some. Throws `INVALID_MANIFEST`, which names the
 * field.
 */
export function parseManifest(given: unknown): NormalManifest {
  const value = bare(given);
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
    // An entry without an `epoch` takes the manifest's.
    result.layers[name] = { ...series, ...entry(item, `layers.${name}`, CODE) };
  }
  return result;
}
