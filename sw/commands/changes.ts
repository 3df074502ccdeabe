import type { TileCacheError } from '../../src/shared/errors';
import { refuseUnknownLayer } from './known-layers';
import type { Ledger } from '../ledger/ledger';
import { MAX_LAYERS } from '../ledger/room';
import type { Leaving } from '../origin/leaving';
import type { Pages } from '../pages/pages';
import type { Regions } from '../regions/tools';
import { PARTITION_SALT } from '../store/tile-key';
import type { TileStore } from '../store/tile-store';
import type { Digest } from '../util/digest';
import { createOrder } from '../util/in-order';
import { clearCommand, invalidateCommand, versionsCommand } from './commands';
import { createEffects, unreachableBy } from './effects';
import type { Commands } from './messages';
import { refuseUnreachable, wholly } from './reach';
import type { TileCaches, WhichCaches } from './tile-caches';

/** The tools of the commands that change the ledger. */
export interface ChangeTools {
  ledger: Ledger;
  store: Pick<TileStore, 'mark'>;
  pages: Pick<Pages, 'tell'>;
  digest: Digest;
  leaving: Pick<Leaving, 'note'>;
  /** Resolves with true if a box reaches a layer's tiles. */
  reaches: (layer: string) => Promise<boolean>;
  /** Epoch milliseconds. */
  now: () => number;
  /** Takes work that continues after an ack. */
  later: (work: Promise<unknown>) => void;
  /** Names of layers that pages may be showing. */
  known: () => readonly string[];
  /** The layers whose version comes from their archive: an entry for all layers does not apply to them. */
  apart: () => ReadonlySet<string>;
  /** All layers, if the configuration is closed. */
  closed: readonly string[] | undefined;
  regions: Pick<Regions, 'changed' | 'clear'> | undefined;
}

type Changes = Pick<Commands, 'CACHE_INVALIDATE' | 'TILE_VERSIONS' | 'TILE_CLEAR' | 'TILE_NETWORK'>;

/** Creates the commands that change which tiles may be served: first the ledger, then the caches, then the pages. */
export function createChanges(tools: ChangeTools, caches: TileCaches): Changes {
  const { ledger, store, pages, digest, later, regions } = tools;
  const inOrder = createOrder();
  const carryOut = createEffects(tools, caches);
  /** Ignores failures: without Cache Storage there are no stored tiles that a lost ledger would make doubtful. */
  const mark = () => store.mark().catch(() => {});

  return {
    async CACHE_INVALIDATE(invalidation) {
      refuseUnknownLayer(invalidation.layer, tools.closed);
      const look = async () => {
        await refuseUnreachable(tools.reaches, invalidation);
        await mark();
        const crowded = (ledger.state?.layers.size ?? 0) >= MAX_LAYERS;
        return { at: tools.now(), ...(crowded && { stored: await caches.layers() }) };
      };
      const { result } = await inOrder(look, (around) => ledger.commit(invalidateCommand(invalidation, around)));
      await carryOut(result.effects);
      if (!result.answer.applied) later(caches.drop(unreachableBy(ledger)));
      if (regions) later(regions.changed());
      return result.answer;
    },
    async TILE_VERSIONS(manifest, confirmedAt, believe) {
      const look = async () => {
        await mark();
        const stored = await caches.layers();
        const known = new Set([...tools.known(), ...stored]);
        const around = { at: tools.now(), stored, believe, apart: tools.apart() };
        return versionsCommand(await wholly(manifest, tools.reaches), confirmedAt, [...known], around);
      };
      const { result } = await inOrder(look, (command) =>
        ledger.commit(command).catch((error: unknown) => {
          // Pages use the new version anyway and send it again with their next check. Until then no older tile is
          // fresh.
          if ((error as Partial<TileCacheError>).code === 'STORAGE_FAILED') ledger.doubt(command, tools.now());
          throw error;
        }),
      );
      await carryOut(result.effects);
      if (regions) later(regions.changed());
      return result.answer;
    },
    async TILE_CLEAR(layer, partitionName) {
      if (layer !== undefined) refuseUnknownLayer(layer, tools.closed);
      const partition = await digest.of(PARTITION_SALT, partitionName ?? '');
      await mark();
      tools.leaving.note(layer, partition);
      const committed = ledger.commit(clearCommand(layer, partition));
      // The user logs out: delete the bodies even if the ledger cannot record the clearing.
      await committed.catch(() => {});
      const isHit: WhichCaches = (cache) =>
        (layer === undefined || cache.layer === layer) && (partition === '' || cache.partition === partition);
      await caches.drop(isHit);
      await caches.dropRest(isHit);
      await regions?.clear(layer, partition);
      await committed;
      tools.leaving.note(layer, partition);
      return undefined;
    },
    async TILE_NETWORK(network) {
      await mark();
      await ledger.commit(({ epoch }) => ({ epoch, records: [], network, result: undefined }));
      later(pages.tell({ type: 'TILE_NOTICE', notice: 'network', detail: network }));
    },
  };
}
