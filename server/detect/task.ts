import type { ZoomRange } from '../../src/shared/tile';
import type { TableName } from './identifiers';

/** The table to watch for changed rows, and the layer that they belong to. */
export interface DetectTask {
  /** The layer that shows the rows. */
  layer: string;
  table: TableName;
  /** The column with the geometry or geography. */
  geometry: string;
  /**
   * A column that grows with each change, so that an index finds the changed rows. Without it, each run reads all rows.
   */
  newer?: string;
  /** The overlap with what was already seen in that column: seconds, or numbers of a sequence. */
  overlap?: number;
  /** The reference system of geometries that do not name one. */
  srid?: number;
  /** The zooms whose tiles are published. Without zooms, boxes are published. */
  zooms?: ZoomRange;
  /** The share of a tile by which a renderer draws over its edge. */
  buffer: number;
  /** Number of changed rows above which the whole layer counts as changed. */
  maxRows: number;
  /** Seconds that one statement may take. */
  patience: number;
}
