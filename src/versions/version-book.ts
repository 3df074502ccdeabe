import type { WorkerStatus } from '../shared/answers';

/** The key of the entry for all layers that the manifest does not name. */
export const ALL = '*';

/** The page's knowledge of a layer's version. */
export interface Known {
  version: string;
  /** The previous version; a return to it needs a second look. */
  previous?: string | undefined;
  revision?: number | undefined;
  /** The epoch of the revision, and of the one before. */
  epoch?: string | undefined;
  formerEpoch?: string | undefined;
}

/** A change that the pages hear of. */
export interface Change {
  layer: string;
  version: string;
  previous: string | undefined;
}

export type BookEntries = Array<[layer: string, known: Known]>;

/** The versions that this page has in force. */
export interface VersionBook {
  /** Returns the layer's own entry, else the one for all. */
  get(layer: string): Known | undefined;
  entries(): BookEntries;
  /** Returns the versions in force, by layer. */
  versions(): Record<string, string>;
  /** Adds the entries of another tab or of a stored record, without announcing them. */
  load(entries: BookEntries): void;
  /** Notes a version. Returns the change, or `undefined` for the first version of a layer and for a repeated one. */
  learn(layer: string, version: string, previous?: string, revision?: number, epoch?: string): Change | undefined;
  /** Notes a change and announces it. */
  heard(change: Change): void;
  /** Adopts the worker's own versions, and announces what differs. */
  sync(status: WorkerStatus): void;
}

/** Creates an empty book. It calls `announce` once for each change. */
export function createVersionBook(announce: (change: Change) => void): VersionBook {
  const book = new Map<string, Known>();
  const get = (layer: string) => book.get(layer) ?? book.get(ALL);
  const tell = (change: Change | undefined) => change && announce(change);

  function learn(
    layer: string,
    version: string,
    previous?: string,
    revision?: number,
    epoch?: string,
  ): Change | undefined {
    const known = get(layer);
    const begun = epoch !== undefined && epoch !== known?.epoch;
    const same = known?.version === version;
    const before = known?.version ?? previous;
    book.set(layer, {
      version,
      previous: same ? known.previous : before,
      revision: revision ?? (same ? known.revision : undefined),
      epoch: epoch ?? known?.epoch,
      formerEpoch: begun ? known?.epoch : known?.formerEpoch,
    });
    return before === undefined || before === version ? undefined : { layer, version, previous: before };
  }

  return {
    get,
    learn,
    entries: () => [...book],
    versions: () => Object.fromEntries([...book].map(([layer, { version }]) => [layer, version])),
    load(entries) {
      for (const [layer, known] of entries) book.set(layer, known);
    },
    heard: ({ layer, version, previous }) => tell(learn(layer, version, previous)),
    sync({ layers }) {
      for (const [layer, { version, revision }] of Object.entries(layers)) {
        if (version !== undefined) tell(learn(layer, version, undefined, revision));
      }
    },
  };
}
