import { TileCacheError } from '../../src/shared/errors';
import type { TileRange } from '../../src/shared/range';
import {
  flag,
  having,
  integer,
  isRecord,
  list,
  readBBox,
  readLayerName,
  readScope,
  readVersion,
  readZooms,
  record,
  refuse,
  rule,
  type Read,
} from '../../src/shared/validate';
import type { Begun, LayerState, OriginState, Owed, Step } from './state';

const CODE = 'STORAGE_FAILED';
const MAX_LAYERS = 100_000;

const yes = rule<true>((value) => value === true, 'true');
const string = rule<string>((value) => typeof value === 'string', 'a string');
const count = integer(0);
const instant = rule<number>((value) => typeof value === 'number' && Number.isFinite(value), 'epoch milliseconds');

const range = record<NonNullable<Step['range']>>({
  bbox: readBBox,
  zooms: readZooms,
  scope: readScope,
} satisfies Record<keyof Pick<TileRange, 'bbox' | 'zooms' | 'scope'>, unknown>);

const step = having<Step>(
  record<Step>({
    ...{
      from: readVersion,
      to: readVersion,
      range,
      boxes: list(readBBox, 0, 64),
      tiles: string,
      at: instant,
      id: string,
      content: string,
      revision: count,
    },
    ...{ purged: flag, cleared: flag, verified: flag, again: yes },
  }),
  ...(['to', 'at', 'revision', 'purged'] as const),
);

const owed = having<Owed>(
  record<Owed>({
    ...{ cdn: string, tags: list(string, 0, 1000), urls: list(string, 0, 100_000) },
    ...{ since: instant, tries: count, dueAt: instant, mark: count },
  }),
  ...(['tags', 'since', 'tries', 'dueAt', 'mark'] as const),
);

const layer = having<LayerState>(
  record<LayerState>({
    ...{ version: readVersion, revision: count, publishedAt: instant, staged: readVersion, stagedFor: string },
    ...{
      mislabelled: yes,
      adopted: yes,
      byZoom: list(string, 0, 1000),
      owed: list(owed, 0, 1000),
      steps: list(step, 0, 1000),
    },
  }),
  ...(['version', 'revision', 'publishedAt', 'steps'] as const),
);

const begun = having<Begun>(
  record<Begun>({
    ...{ mark: string, layer: readLayerName, version: readVersion, content: string },
    // The publication itself is checked when it is resumed.
    publication: rule<Record<string, unknown>>(isRecord, 'an object'),
    ...{ over: count, at: instant, beat: count, tries: count },
    dropped: list(
      having<NonNullable<Begun['dropped']>[number]>(
        record({ cdn: string, tags: list(string, 0, 1000) }),
        ...(['cdn', 'tags'] as const),
      ),
      0,
      1000,
    ),
  }),
  ...(['mark', 'layer', 'version', 'publication', 'content', 'over', 'at', 'beat', 'tries'] as const),
);

/** Reads an object by name, in which any name is allowed. */
const named =
  <T>(read: Read<T>): Read<Record<string, T>> =>
  (value, field, code) => {
    const entries = isRecord(value) ? Object.entries(value) : refuse(code, field, 'an object');
    if (entries.length > MAX_LAYERS) refuse(code, field, `at most ${MAX_LAYERS} layers`);
    return Object.fromEntries(
      entries.map(([name, item]) => [readLayerName(name, field, code), read(item, `${field}.${name}`, code)]),
    );
  };

const state = having<OriginState>(
  record<OriginState>({
    sequence: count,
    revision: count,
    layers: named(layer),
    retired: named(count),
    begun: list(begun, 0, 1000),
  }),
  ...(['sequence', 'revision', 'layers'] as const),
);

/**
 * Parses and validates a stored document completely. A truncated, foreign or edited one would otherwise break every
 * answer, or reach every client in the manifest. Throws `STORAGE_FAILED`.
 */
export function parseState(text: string): OriginState {
  try {
    return state(JSON.parse(text), '', CODE);
  } catch (cause) {
    throw new TileCacheError(
      {
        code: CODE,
        message: 'The stored versions are not readable.',
        remedy: 'Restore the file or the key from a backup, or delete it and publish every layer again.',
      },
      { cause },
    );
  }
}
