import type { ResolvedLayer } from '../../src/shared/layer-options';
import { ArchiveError } from './archive-error';
import { createEditionCheck } from './check-edition';
import { toolsOf } from './first-tools';
import { createLedgerView } from './ledger-view';
import { oncePerLayer } from './once-per-layer';
import { isArchive, type Opened } from './opened';
import { createOpenings } from './openings';
import type { ArchiveTools } from './types';

/**
 * The archives of all layers, each in the edition in force. With `anyFile` the file may be anything; otherwise it has
 * to be a PMTiles archive.
 */
export interface Editions {
  /**
   * Resolves with the edition in force: from memory, the store, or the network. Rejects with `ArchiveError`, or as the
   * network does.
   */
  current(layer: ResolvedLayer, anyFile?: boolean): Promise<Opened>;
  /** Resolves with the edition in force, without the network. Rejects with `ArchiveError`. */
  known(layer: ResolvedLayer): Promise<Opened | undefined>;
  /** Resolves with the PMTiles archive that `current` resolves with while there is no network. */
  kept(layer: ResolvedLayer): Promise<Opened | undefined>;
  /**
   * Asks the host for its edition, once for all concurrent callers, and announces a new one. Rejects like `current`.
   */
  check(layer: ResolvedLayer, anyFile?: boolean): Promise<Opened>;
  /** True if the version was confirmed within the layer's `maxAge`, and within `seconds`. */
  isConfirmed(layer: ResolvedLayer, seconds?: number): boolean;
  /**
   * Returns the epoch of the last rule. No part tells which tiles it contains, so a rule about some tiles applies to
   * all parts.
   */
  ruledAt(layer: ResolvedLayer): number;
}

export function createEditions(tools: ArchiveTools): Editions {
  const view = createLedgerView(tools);
  const firstTools = toolsOf(tools);
  const openings = createOpenings(tools, view, firstTools);

  const checkOnce = oncePerLayer(createEditionCheck({ tools, view, openings, firstTools }));
  const check = async (layer: ResolvedLayer, anyFile?: boolean): Promise<Opened> => {
    const checked = await checkOnce(layer, anyFile);
    // A check that began before a rule says nothing about the tiles that the rule covers.
    return view.isOverruled(checked, layer) ? checkOnce(layer, anyFile) : checked;
  };
  const openAnew = async (layer: ResolvedLayer, anyFile: boolean): Promise<Opened> => {
    try {
      return (await openings.openStored(layer)) ?? (await check(layer, anyFile));
    } catch (error) {
      // The host is unreachable: wait for a store that takes longer than usual.
      const late = error instanceof ArchiveError ? undefined : await openings.openStored(layer, 'patiently');
      if (late) return late;
      throw error;
    }
  };
  const reopen = oncePerLayer(openAnew);

  const inMemory = async (layer: ResolvedLayer) => {
    await view.state();
    const known = openings.last(layer);
    return known && view.holds(known, layer) ? known : undefined;
  };

  return {
    async current(layer, anyFile = false) {
      const known = (await inMemory(layer)) ?? (await reopen(layer, anyFile));
      if (view.isOverruled(known, layer)) return check(layer, anyFile);
      // A file that pages have read by themselves may be an archive by now.
      return anyFile || isArchive(known) ? known : check(layer);
    },
    known: async (layer) => (await inMemory(layer)) ?? openings.openStored(layer),
    async kept(layer) {
      const known = (await inMemory(layer)) ?? (await openings.openStored(layer, 'patiently'));
      return known && isArchive(known) && !view.isOverruled(known, layer) ? known : undefined;
    },
    check,
    isConfirmed: view.isConfirmed,
    ruledAt: view.ruledAt,
  };
}
