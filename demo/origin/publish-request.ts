import type { BBox } from '../../src/shared/tile';
import { BOXED } from './layers';

/** Reads `{ layer, bbox? }` of a request. Returns a string that says what is wrong, if something is. */
export function parsePublish(input: unknown, layers: readonly string[]): { layer: string; bbox?: BBox } | string {
  const { layer, bbox } = (input ?? {}) as { layer?: unknown; bbox?: unknown };
  if (typeof layer !== 'string' || !layers.includes(layer)) return `layer must be one of ${layers.join(', ')}.`;
  if (bbox === undefined) return { layer };
  if (!BOXED.has(layer)) return `${layer} is published whole: leave bbox out.`;
  const [west, south, east, north] = Array.isArray(bbox) && bbox.length === 4 ? (bbox as unknown[]).map(Number) : [];
  const longitudes = [west, east].every((value) => value !== undefined && Math.abs(value) <= 180);
  if (!longitudes || !(south! >= -90 && south! < north! && north! <= 90))
    return 'bbox must be [west, south, east, north] in degrees.';
  return { layer, bbox: [west!, south!, east!, north!] };
}
