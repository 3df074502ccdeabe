import type { TileId } from '../../../src/shared/tile';

/** The tiles of the model: two inside the box, one far outside. */
export const TILES: readonly TileId[] = [
  { z: 8, x: 75, y: 96 },
  { z: 8, x: 76, y: 96 },
  { z: 8, x: 200, y: 96 },
];
export const BOX = [-74.3, 40.5, -73.7, 40.9] as const;
/** The tile that fails if one of them does. */
export const BAD_TILE = 2;
export const IN_BOX = [true, true, false];

export type Weather = 'ok' | '503' | '500' | '404' | 'network' | 'truncated' | LongWeather;
/** Faults that take time, or only matter over days. */
export type LongWeather =
  'hangs' | 'body hangs' | 'slow' | 'flaky' | '429' | '204' | 'portal' | 'wrong type' | 'lags' | 'one bad tile';

/** An origin that knows each version's tiles, and when it last sent which bytes. */
export function createOriginModel() {
  const snapshots = new Map<string, string[]>();
  let content = TILES.map((_, i) => `tile${i}#0`);
  let versions = 1;
  let version = 'v1';
  let revision = 1;
  let changes: Array<{ from: string; bbox?: typeof BOX }> = [];
  let serial = 0;
  let publishedAt = 0;
  snapshots.set(version, [...content]);
  return {
    weather: 'ok' as Weather,
    /** A counter of events, which defines their order. */
    tick: () => (serial += 1),
    get serial() {
      return serial;
    },
    get version() {
      return version;
    },
    get publishedAt() {
      return publishedAt;
    },
    snapshots,
    /** Whether all versions agree outside the box. Only then is "this version except for the box" always true. */
    get outsideAgrees() {
      return [...snapshots.values()].every((tiles) =>
        tiles.every((content, i) => IN_BOX[i] || content === snapshots.get('v1')?.[i]),
      );
    },
    contentOf: (index: number) => content[index]!,
    /** The previous version. */
    get previous() {
      return [...snapshots.keys()].at(-2) ?? version;
    },
    /** Publishes new data, everywhere or only in the box. */
    publish(part: 'all' | 'box') {
      const from = version;
      versions += 1;
      version = `v${versions}`;
      revision += 1;
      publishedAt = serial += 1;
      content = content.map((old, i) => (part === 'all' || IN_BOX[i] ? `tile${i}#${versions}` : old));
      changes = part === 'box' ? [{ from, bbox: BOX }] : [];
      snapshots.set(version, [...content]);
    },
    /** Rolls back to an older version, as a new revision. */
    rollback() {
      const older = [...snapshots.keys()].at(-2);
      if (!older) return;
      version = older;
      content = [...(snapshots.get(older) as string[])];
      revision += 1;
      publishedAt = serial += 1;
      changes = [];
    },
    manifest: (layer: string) => ({
      layers: { [layer]: { version, revision, ...(changes.length > 0 && { changes }) } },
    }),
  };
}

export type OriginModel = ReturnType<typeof createOriginModel>;
