import type { TileId } from '../../../src/shared/tile';

/** Tiles that the model plays with: two inside the box, one far outside. */
export const TILES: readonly TileId[] = [
  { z: 8, x: 75, y: 96 },
  { z: 8, x: 76, y: 96 },
  { z: 8, x: 200, y: 96 },
];
export const BOX = [-74.3, 40.5, -73.7, 40.9] as const;
/** Of these, the one that is bad where one is. */
export const BAD_TILE = 2;
export const IN_BOX = [true, true, false];

export type Weather = 'ok' | '503' | '500' | '404' | 'network' | 'truncated' | LongWeather;
/** What takes its time, or is only worth playing where days go by. */
export type LongWeather =
  'hangs' | 'body hangs' | 'slow' | 'flaky' | '429' | '204' | 'portal' | 'wrong type' | 'lags' | 'one bad tile';

/** An origin whose truth is known: what each version's tiles are, and when it was last asked for which bytes. */
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
    /** Grows with each thing that happens; "before" and "after" are said in it. */
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
    /** All versions agree outside the box: only then is "this version, but for the box" true whatever was known. */
    get outsideAgrees() {
      return [...snapshots.values()].every((tiles) =>
        tiles.every((content, i) => IN_BOX[i] || content === snapshots.get('v1')?.[i]),
      );
    },
    contentOf: (index: number) => content[index]!,
    /** The version before the one that was published last. */
    get previous() {
      return [...snapshots.keys()].at(-2) ?? version;
    },
    /** New data: everywhere, or in the box only. */
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
    /** Back to an older version, as a new revision. */
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
