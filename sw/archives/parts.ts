import type { ResolvedLayer } from '../../src/shared/layer-options';
import { recordOf, type LedgerState } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { isSuperseded } from '../ledger/verdict';
import { archivePartKey } from '../store/archive-key';
import type { Patiently, Tile } from '../store/tile-store';
import type { ArchiveTools } from './types';

/** The place where parts of an archive are stored, as of before the request: a purge meanwhile removes the place. */
export interface PartsPlace {
  state: LedgerState;
  cacheName: string;
  cache: Promise<Cache | undefined>;
}

/** A part that is kept. */
export interface KeptPart {
  headers: Headers;
  body: Response;
  epoch: number;
  ledger: string;
}

/**
 * Keeps header, directories and metadata in the layer's own cache, under their version: a purge, a switch and a
 * clearing apply to them as to tiles. No method rejects: if a part cannot be kept, the worker requests it again.
 */
export interface Parts {
  /**
   * Returns the place for the layer's parts now; undefined while there is no ledger, because nothing is stored then.
   */
  place(layer: ResolvedLayer): PartsPlace | undefined;
  /** Reads a part. `since`: the lowest epoch that it may have. `patiently`: there is nothing else to show. */
  read(
    layer: ResolvedLayer,
    version: string,
    name: string,
    since?: number,
    patiently?: Patiently,
  ): Promise<KeptPart | undefined>;
  write(
    layer: ResolvedLayer,
    place: PartsPlace | undefined,
    part: { version: string; name: string; bytes: Uint8Array<ArrayBuffer>; headers?: Headers; epoch?: number },
  ): Promise<void>;
}

/** An archive as a whole, for the ledger: rules about a box or zooms do not reach it. */
export const subjectOf = (layer: ResolvedLayer): Subject => ({
  layer,
  tile: undefined,
  partition: '',
  asked: '',
  own: '',
});

export function createParts({ store, ledger, origin, stored, now }: ArchiveTools): Parts {
  const keyOf = ({ name }: ResolvedLayer, version: string, part: string) => archivePartKey(origin, name, version, part);

  const place = (layer: ResolvedLayer): PartsPlace | undefined => {
    const { state } = ledger;
    if (!state) return undefined;
    const cacheName = store.nameOf(layer.name, recordOf(state, layer.name).cache, '');
    return { state, cacheName, cache: store.open(cacheName).catch(() => undefined) };
  };

  return {
    place,
    async read(layer, version, name, since = 0, patiently) {
      const at = place(layer);
      const key = keyOf(layer, version, name);
      const found = at && (await store.match(at.cacheName, key, patiently).catch(() => undefined));
      const { state } = ledger;
      if (!found?.response || !state || found.meta.ledger !== state.id) return undefined;
      if (found.meta.epoch < since || isSuperseded(state, subjectOf(layer), found.meta.epoch)) return undefined;
      const { headers, response, meta } = found;
      return { headers, body: response, epoch: meta.epoch, ledger: meta.ledger };
    },
    async write(layer, at, { version, name, bytes, headers = new Headers(), epoch }) {
      const cache = await at?.cache;
      if (!at || !cache) return;
      const key = keyOf(layer, version, name);
      const requestAt = now();
      const tile: Tile = {
        status: 200,
        headers,
        requestAt,
        responseAt: requestAt,
        bytes,
        meta: {
          requestAt,
          responseAt: requestAt,
          ledger: at.state.id,
          epoch: epoch ?? at.state.epoch,
          version,
          variant: '',
          group: '',
        },
      };
      try {
        await store.put(cache, key, tile);
        stored(layer.name, at.cacheName, key, bytes.byteLength);
      } catch {
        // Storage is full or broken: the worker requests the part again.
      }
    },
  };
}
