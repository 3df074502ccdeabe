import type { ManifestChange, ManifestEntry } from '../../src/shared/manifest';
import { MAX_MANIFEST_CHANGES } from '../../src/shared/parse-manifest';
import { coverAll } from '../../src/shared/range';
import type { LayerState, OriginState, Step } from './state';
import { createTilesRoom, roomBeside, type TilesRoom } from './tiles-room';

/** Ranges that the manifest lists for one `from`. If there are more, it lists one range around them. */
const MAX_RANGES = 16;

/** A part of the changes for a client. */
type Change = Omit<ManifestChange, 'from'>;

/** Returns the changes for clients at each `from` version from which no step changed the whole layer. */
export function changesOf({ version, steps }: LayerState, room = createTilesRoom()): ManifestChange[] {
  const byFrom = new Map<string, Change[] | undefined>();
  steps.forEach(({ from }, i) => {
    // If a version was in force more than once, start at the first time. Clients then drop too much, never too little.
    if (from === undefined || from === version || byFrom.has(from)) return;
    byFrom.set(from, compose(steps.slice(i)));
  });
  const newestFirst = [...byFrom].reverse();
  const changes: ManifestChange[] = toldTo(version, againOf(version, steps), room);
  for (const [from, parts] of newestFirst) {
    if (!parts || changes.length + parts.length > MAX_MANIFEST_CHANGES) continue;
    changes.push(...toldTo(from, parts, room));
  }
  return changes;
}

/** Returns the parts in the manifest's form. A list of tiles that does not fit is replaced by the boxes around it. */
function toldTo(from: string, parts: readonly Change[], room: TilesRoom): ManifestChange[] {
  let lists = true;
  return parts.map(({ bbox, zooms, scope, tiles }) => {
    // The boxes that follow a list have an empty list, so what holds for it holds for them.
    if (tiles) lists = room.take(tiles);
    return {
      from,
      ...(bbox && { bbox }),
      ...(zooms && { zooms }),
      ...(scope && { scope }),
      ...(tiles !== undefined && lists && { tiles }),
    };
  });
}

/** Returns the changes of a step, one part for each box. The first part carries its list of tiles. */
function partsOf({ range, boxes, tiles }: Step): Change[] {
  const parts = range && boxes ? boxes.map((bbox) => ({ ...range, bbox })) : [range ?? {}];
  return tiles === undefined ? parts : parts.map((part, i) => ({ ...part, tiles: i === 0 ? tiles : '' }));
}

/** Returns the changes of a step as one part, with one box around all. */
const wholeOf = ({ range, tiles }: Step): Change => ({ ...range, ...(tiles !== undefined && { tiles }) });

/** Returns the changes that clients at the version in force must drop again. */
function againOf(version: string, steps: readonly Step[]): Change[] {
  const since = steps.map(({ to }) => to === version).lastIndexOf(false) + 1;
  const again = steps.slice(since).filter((step) => step.again);
  return again.length === 0 ? [] : (compose(again) ?? [{}]);
}

/** Returns the combined changes of several steps, or `undefined` for the whole layer. */
function compose(steps: readonly Step[]): Change[] | undefined {
  const byBox = distinct(steps.flatMap(partsOf));
  const told = byBox.length > MAX_RANGES ? fewer(steps) : byBox;
  // A change without a range is the same as no `changes` at all: the whole layer has changed.
  return told.some(({ bbox, zooms, scope, tiles }) => !bbox && !zooms && !scope && tiles === undefined)
    ? undefined
    : told;
}

/** Returns one part for each step with a list of tiles, and otherwise one part around all. */
function fewer(steps: readonly Step[]): Change[] {
  const bySteps = distinct(steps.map(wholeOf));
  if (bySteps.length <= MAX_RANGES && steps.some(({ tiles }) => tiles !== undefined)) return bySteps;
  const { bbox, zooms, scope } = coverAll(bySteps);
  return [{ ...(bbox && { bbox }), ...(zooms && { zooms }), ...(scope && { scope }) }];
}

/** Removes duplicates. A list and the boxes after it belong together. */
const distinct = (parts: readonly Change[]): Change[] => [
  ...new Map(parts.map((part) => [part.tiles === undefined ? JSON.stringify(part) : part, part])).values(),
];

/** Returns the layer's entry in the manifest that clients read. */
export function entryOf(layer: LayerState, room?: TilesRoom): ManifestEntry {
  const changes = changesOf(layer, room);
  return { version: layer.version, revision: layer.revision, ...(changes.length > 0 && { changes }) };
}

/** Returns the manifest of all layers. */
export function manifestOf(
  state: OriginState,
  epoch?: string,
): { epoch?: string; layers: Record<string, ManifestEntry> } {
  const series = epoch === undefined ? {} : { epoch };
  const entries = Object.entries(state.layers);
  const made = (room: TilesRoom) => {
    // If there is no room for all details, the newest publications get it.
    const newestFirst = [...entries].sort(([, a], [, b]) => b.revision - a.revision);
    const told = new Map(newestFirst.map(([name, layer]) => [name, entryOf(layer, room)]));
    return { ...series, layers: Object.fromEntries(entries.map(([name]) => [name, told.get(name)!])) };
  };
  const bare = made(createTilesRoom(0));
  if (!entries.some(([, { steps }]) => steps.some(({ tiles }) => tiles !== undefined))) return bare;
  const bytes = new TextEncoder().encode(JSON.stringify(bare)).byteLength;
  return made(roomBeside(bytes));
}
