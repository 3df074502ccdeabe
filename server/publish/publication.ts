import { TileCacheError } from '../../src/shared/errors';
import type { BBox, TileId, ZoomRange } from '../../src/shared/tile';
import {
  isRecord,
  list,
  own,
  readBBox,
  readLayerName,
  readVersion,
  readWord,
  readZooms,
  refuse,
} from '../../src/shared/validate';
import { shortHash } from '../http/short-hash';
import { MAX_BOXES } from './coalesce';
import { readTiles } from './publication-tiles';
import { readSamples } from '../layers/samples';

/** A publication: the message by which a pipeline announces that a layer's data changed. */
export interface Publication {
  /** The layer's name. */
  layer: string;
  /** The version from now on. Absent: the origin makes one. */
  version?: string;
  /** The bounding box of the change: only tiles that touch it changed. */
  bbox?: BBox;
  /** Up to 16 bounding boxes in place of `bbox`: only tiles that touch one of them changed. */
  boxes?: BBox[];
  /**
   * The packed list of the tiles that changed, made by `createTileList`. `boxes` or `bbox` and `zooms` enclose them.
   */
  tiles?: string;
  /** Lowest and highest zoom that changed. */
  zooms?: ZoomRange;
  /** `metadata`: only TileJSON, styles and other URLs without z/x/y changed. */
  scope?: 'tiles' | 'metadata';
  /** The idempotence key: the origin publishes an id only once. */
  id?: string;
  /** Further cache tags to purge at the CDN. */
  tags: string[];
  /** `false` if the change detector found no change. */
  changed: boolean;
  /** Retires the layer: it leaves the manifest, and the CDNs drop it. */
  retired?: true;
  /** Accepts that tiles that existed before are gone, because the data shrinks. @default `publish.verify.allowGone` */
  allowGone?: boolean;
  /** Changed tiles to check at the edge, at most 16. @default the layer's `edge.samples` */
  samples?: TileId[];
}

const CODE = 'INVALID_MESSAGE';
const FIELDS = [
  'layer',
  'version',
  'bbox',
  'zooms',
  'scope',
  'id',
  'tags',
  'changed',
  'retired',
  'allowGone',
  'samples',
  'boxes',
  'tiles',
];
/** Further tags that a publication may name. */
export const MAX_TAGS = 30;

/**
 * Reads a purge manifest, either in this package's form (`bbox: [west, south, east, north]`) or as change detectors on
 * PostGIS emit it (`changed`, `bbox: { xmin, ymin, xmax, ymax }`, `tags`). Throws `INVALID_MESSAGE` or
 * `UNSUPPORTED_FIELD`, which name the field.
 */
export function parsePublication(value: unknown): Publication {
  if (!isRecord(value)) refuse(CODE, 'publication', 'an object');
  const unknown = Object.keys(value).find((field) => !FIELDS.includes(field));
  // Refuse unknown fields: with a mistyped `bbox`, the publication would purge the whole layer.
  if (unknown !== undefined) {
    throw new TileCacheError({
      code: 'UNSUPPORTED_FIELD',
      field: unknown.slice(0, 64),
      message: `${unknown.slice(0, 64)} is not a field of a publication.`,
      remedy: `Use ${FIELDS.join(', ')}.`,
    });
  }
  const [version, box, zooms, scope, id, samples] = ['version', 'bbox', 'zooms', 'scope', 'id', 'samples'].map(
    (field) => own(value, field) ?? undefined,
  );
  const changed = readChanged(own(value, 'changed'));
  // A detector that found no rows sends a box of nulls. If something has changed, such a box is refused.
  const bbox = !changed && isEmptyExtent(box) ? undefined : box;
  const retired = readRetired(value);
  return {
    layer: readPublishedLayer(own(value, 'layer')),
    ...(retired && { retired }),
    ...(version !== undefined && { version: readVersion(version, 'version', CODE) }),
    ...(bbox !== undefined && { bbox: readBox(bbox) }),
    ...readBoxes(own(value, 'boxes') ?? undefined, bbox !== undefined),
    ...(zooms !== undefined && { zooms: readZooms(zooms, 'zooms', CODE) }),
    ...readTiles(value),
    ...(scope !== undefined && { scope: readWord(scope, ['tiles', 'metadata'], 'scope', CODE) }),
    ...(id !== undefined && { id: readVersion(id, 'id', CODE) }),
    ...(samples !== undefined && { samples: readSamples(samples, 'samples', CODE) }),
    ...readAllowGone(own(value, 'allowGone') ?? undefined),
    tags: readTags(own(value, 'tags')),
    changed,
  };
}

/**
 * Invisible characters: direction marks, zero-width spaces, soft hyphens. Joiners are allowed, because scripts need
 * them inside words.
 */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

/** Reads the layer's name. Refuses `*`, which means every layer in messages to the worker. */
function readPublishedLayer(value: unknown): string {
  const layer = readLayerName(value, 'layer', CODE);
  // Refuse names that look like another layer's, and names of dots, which no URL can contain.
  if (layer.trim() !== layer || INVISIBLE.test(layer) || /^\.{1,2}$/.test(layer))
    refuse(CODE, 'layer', 'a name without spaces around it and without invisible characters, other than . and ..');
  return layer === '*' ? refuse(CODE, 'layer', 'the name of one layer', 'Publish each layer by its own name.') : layer;
}

function readRetired(value: Record<string, unknown>): true | undefined {
  const retired = own(value, 'retired') ?? false;
  if (retired === false) return undefined;
  if (retired !== true) refuse(CODE, 'retired', 'true or false');
  const beside = ['version', 'bbox', 'boxes', 'tiles', 'zooms', 'scope', 'samples'].find(
    (field) => (own(value, field) ?? undefined) !== undefined,
  );
  return beside === undefined ? true : refuse(CODE, beside, 'left out if retired is true');
}

function readAllowGone(value: unknown): { allowGone?: boolean } {
  if (value === undefined) return {};
  return typeof value === 'boolean' ? { allowGone: value } : refuse(CODE, 'allowGone', 'true or false');
}

function readBox(value: unknown): BBox {
  if (!isRecord(value)) return readBBox(value, 'bbox', CODE);
  return readBBox(
    ['xmin', 'ymin', 'xmax', 'ymax'].map((edge) => own(value, edge)),
    'bbox',
    CODE,
  );
}

function readBoxes(value: unknown, beside: boolean): { bbox?: BBox; boxes?: BBox[] } {
  if (value === undefined) return {};
  if (beside) refuse(CODE, 'boxes', 'left out if bbox is given');
  const boxes = list(readBBox, 1, MAX_BOXES)(value, 'boxes', CODE);
  return boxes.length === 1 ? { bbox: boxes[0]! } : { boxes };
}

function isEmptyExtent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((edge) => edge === null);
}

/** Returns a digest of what a publication changes, without its version and id, which are compared separately. */
export function contentOf({ bbox, boxes, tiles, zooms, scope, tags }: Publication): Promise<string> {
  const where = tiles ?? bbox ?? boxes ?? null;
  return shortHash(JSON.stringify([where, zooms ?? null, scope ?? null, [...tags].sort()]));
}

function readTags(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  // Some CDNs separate tags by commas, others by spaces.
  const sound = (tag: unknown) => typeof tag === 'string' && /^[!-+\--~]{1,128}$/.test(tag);
  if (!Array.isArray(value) || value.length > MAX_TAGS || !value.every(sound)) {
    refuse(CODE, 'tags', `a list of at most ${MAX_TAGS} strings of printable ASCII without spaces and commas`);
  }
  return value as string[];
}

/** Reads `changed`: a boolean, a number of changed rows, a list of them, or the time of the change. */
function readChanged(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value))) return Boolean(value);
  // Accept only a date: "false" in quotes would otherwise publish something that did not change.
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value)) return true;
  return refuse(CODE, 'changed', 'a boolean, a number, a list, or the date and time of the change');
}
