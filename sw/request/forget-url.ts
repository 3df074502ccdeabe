import type { WorkerMessage } from '../../src/shared/worker-messages';
import { tileBBox } from '../../src/shared/tile-math';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { forgetAddress } from '../ledger/forgotten';
import { recordOf } from '../ledger/state';
import type { Ledger } from '../ledger/ledger';
import { MAX_LAYERS } from '../ledger/room';
import type { TileWriter } from '../origin/tile-writer';
import { tileKey } from '../store/tile-key';
import type { Digest } from '../util/digest';

export interface ForgetTools {
  match: (url: string) => TileAddress | undefined;
  ledger: Ledger;
  digest: Digest;
  writer: Pick<TileWriter, 'remove'>;
  nameOf: (layer: string, version: string, partition: string) => string;
  /** Drops everything in flight for this key instead of storing it. */
  discard: (key: string) => void;
  /** Resolves with the layers that have stored tiles. */
  storedLayers: () => Promise<ReadonlySet<string>>;
  /** Marks, before the first rule, that a ledger with rules existed here (`TileStore.mark`). */
  mark: () => Promise<unknown>;
  tell: (message: WorkerMessage) => void;
  onBroken: (error: unknown) => void;
}

/**
 * Makes one address invalid (RFC 9111 section 4.4), in every version and for everybody. It does so through the ledger,
 * so that it also holds for requests in flight and for the HTTP cache beneath. Other addresses stay valid. Never
 * rejects.
 */
export function createForgetUrl(tools: ForgetTools): (url: string, request: Request) => Promise<void> {
  const { ledger, writer, onBroken } = tools;
  return async (url, request) => {
    const address = tools.match(url);
    const state = ledger.state;
    if (!address || !state) return;
    const layer = address.layer.name;
    const keyOf = async (one: TileAddress) => tileKey(tools.digest, state.id, request, one);
    // The layer's `partition` may throw, because this request is not one for a tile. The address is the same.
    const {
      key,
      url: bare,
      partition,
    } = await keyOf(address).catch(() => keyOf({ ...address, layer: { ...address.layer, partition: undefined } }));
    tools.discard(key);
    await tools.mark();
    const stored = state.layers.size < MAX_LAYERS ? undefined : await tools.storedLayers();
    await ledger.commit(forgetAddress(layer, bare, stored)).catch(onBroken);
    const { cache, kept } = recordOf(ledger.state ?? state, layer);
    // Delete the bodies, too, as far as their names are known: the ledger remembers only so many addresses.
    for (const version of [cache, ...kept])
      await writer.remove(tools.nameOf(layer, version, partition), key).catch(onBroken);
    const { tile } = address;
    // A page that shows the tile requests it again.
    if (tile && address.place === tile) tools.tell(changed(layer, tile));
  };
}

/** The message that a page understands as a purge of this one tile: a box of one point, in the tile's middle. */
function changed(layer: string, tile: NonNullable<TileAddress['tile']>): WorkerMessage {
  const [west, south, east, north] = tileBBox(tile);
  const [longitude, latitude] = [(west + east) / 2, (south + north) / 2];
  const bbox = [longitude, latitude, longitude, latitude] as const;
  return { type: 'TILES_INVALIDATED', layer, mode: 'purge', bbox, zooms: [tile.z, tile.z], buffer: 0 };
}
