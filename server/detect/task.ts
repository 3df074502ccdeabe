import type { ZoomRange } from '../../src/shared/tile';
import type { TableName } from './identifiers';

/** Where to look for rows that changed, and what they make of the layer. */
export interface DetectTask {
  /** The layer that the rows are drawn in. */
  layer: string;
  table: TableName;
  /** The column with the geometry or geography. */
  geometry: string;
  /** A column that grows with each change, so that an index finds the rows; without it all rows are looked at. */
  newer?: string;
  /** How far behind what was seen to look in it: seconds, or numbers of a sequence. */
  overlap?: number;
  /** The reference system of geometries that name none. */
  srid?: number;
  /** With zooms, tiles; without, boxes. */
  zooms?: ZoomRange;
  /** Shares of a tile by which a renderer draws over its edge. */
  buffer: number;
  /** Changed shapes above which the whole layer counts as changed. */
  maxRows: number;
  /** Seconds that one statement may take. */
  patience: number;
}
