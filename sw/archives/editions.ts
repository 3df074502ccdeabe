import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { LedgerState } from '../ledger/state';
import { openArchive } from './archive';
import { ArchiveError } from './archive-error';
import { fetchFirst, type FirstBytes } from './first-bytes';
import { toolsOf } from './first-tools';
import { createLedgerView } from './ledger-view';
import type { Opened } from './opened';
import { createOpenings } from './openings';
import { looksLikeArchive } from './read-header';
import { createSteadiness } from './steadiness';
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
  /**
   * Asks the host for its edition, once for all concurrent callers, and announces a new one. Rejects like `current`.
   */
  check(layer: ResolvedLayer, anyFile?: boolean): Promise<Opened>;
  /** True if the version was confirmed within the layer's `maxAge`. */
  isConfirmed(layer: ResolvedLayer): boolean;
  /**
   * Returns the epoch of the last rule. No part tells which tiles it contains, so a rule about some tiles applies to
   * all parts.
   */
  ruledAt(layer: ResolvedLayer): number;
}

const isArchive = ({ first }: Opened) => looksLikeArchive(first.bytes);

export function createEditions(tools: ArchiveTools): Editions {
  const { ledger, now } = tools;
  const view = createLedgerView(tools);
  const firstTools = toolsOf(tools);
  const openings = createOpenings(tools, view, firstTools);
  const opening = new Map<string, Promise<Opened>>();
  const checking = new Map<string, Promise<Opened>>();
  const steadiness = createSteadiness(now);

  /** Announces the host's edition, and opens it. */
  const adopt = async (
    layer: ResolvedLayer,
    first: FirstBytes,
    asked: LedgerState | undefined,
    anyFile: boolean,
  ): Promise<Opened> => {
    const { version } = first.edition;
    // A file that is no archive is no version either.
    const trial = {
      confirmed: () => {},
      keep: (_: string, read: () => Promise<Uint8Array<ArrayBuffer>>) => read(),
      epoch: 0,
    };
    openArchive(first, { ...firstTools(layer, first), ...trial, anyFile });
    await tools.announce(layer.name, version, first.confirmedAt).catch(() => {});
    const { state } = ledger;
    const record = view.recordIn(state, layer);
    // The switch is ours: the parts read before it are those that it switched to. Any other rule meanwhile overtakes
    // them.
    const switched = state && asked && state.epoch === asked.epoch + 1 && record?.since === state.epoch;
    const epoch = (switched ? state.epoch : asked?.epoch) ?? 0;
    const made = openings.open(layer, first, { ledger: asked?.id, epoch });
    if (state && record?.version === version) await openings.keep(layer, first, epoch);
    return made;
  };

  const ask = async (layer: ResolvedLayer, wanted: boolean): Promise<Opened> => {
    const state = await view.now();
    const known = openings.last(layer);
    const usable = known && view.holds(known, layer) ? known : await openings.openStored(layer);
    // Only another archive may replace an archive.
    const anyFile = usable ? !isArchive(usable) : wanted;
    const first = await fetchFirst(usable?.first, { ...firstTools(layer, usable?.first), anyFile });
    // A file without ranges is confirmed as a whole: this answer also covers every purge from before the request, so
    // open it with the current epoch.
    const vouched = (one: Opened, { whole }: FirstBytes) =>
      whole ? openings.open(layer, { ...one.first, whole }, { ledger: state?.id, epoch: state?.epoch ?? 0 }) : one;
    if ('same' in first) {
      await tools.announce(layer.name, usable!.version, first.same).catch(() => {});
      return vouched(usable!, usable!.first);
    }
    const alike = usable && !first.whole === !usable.first.whole && !first.far === !usable.first.far;
    if (alike && first.edition.version === usable.version) {
      await tools.announce(layer.name, usable.version, first.confirmedAt).catch(() => {});
      return vouched(usable, first);
    }
    if (!usable) return adopt(layer, first, state, anyFile);
    const anew = (unsteady: boolean) => fetchFirst(undefined, { ...firstTools(layer, first), unsteady, anyFile });
    const judged = await steadiness.judge(layer.name, usable.first.edition, first, () => anew(false));
    return adopt(layer, judged.unsteady ? await anew(true) : judged.first, state, anyFile);
  };

  const shared = (
    map: Map<string, Promise<Opened>>,
    work: (layer: ResolvedLayer, anyFile: boolean) => Promise<Opened>,
  ) => {
    return (layer: ResolvedLayer, anyFile = false): Promise<Opened> => {
      const running = map.get(layer.name);
      if (running) return running;
      const mine = work(layer, anyFile).finally(() => map.delete(layer.name));
      map.set(layer.name, mine);
      return mine;
    };
  };
  const checkOnce = shared(checking, ask);
  const check = async (layer: ResolvedLayer, anyFile?: boolean): Promise<Opened> => {
    const checked = await checkOnce(layer, anyFile);
    // A check that began before a rule says nothing about the tiles that the rule covers.
    return view.isOverruled(checked, layer) ? checkOnce(layer, anyFile) : checked;
  };
  const openAnew = async (layer: ResolvedLayer, anyFile: boolean): Promise<Opened> => {
    try {
      return (await openings.openStored(layer)) ?? (await check(layer, anyFile));
    } catch (error) {
      // The host is away: a store that takes longer than usual is waited for.
      const late = error instanceof ArchiveError ? undefined : await openings.openStored(layer, 'patiently');
      if (late) return late;
      throw error;
    }
  };
  const reopen = shared(opening, openAnew);

  const inMemory = async (layer: ResolvedLayer) => {
    await view.now();
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
    check,
    isConfirmed: view.isConfirmed,
    ruledAt: view.ruledAt,
  };
}
