import type { ResolvedLayer } from '../../src/shared/layer-options';
import { type LedgerState, recordOf } from '../ledger/state';
import { isSuperseded } from '../ledger/verdict';
import { WHOLE_ARCHIVE } from '../store/archive-key';
import { type Archive, openArchive } from './archive';
import { fetchFirst, type FirstBytes, type FirstTools } from './first-bytes';
import { firstOf, headersOf, isWhole } from './first-part';
import { createParts, subjectOf } from './parts';
import { looksLikeArchive } from './read-header';
import { createSteadiness } from './steadiness';
import type { ArchiveTools } from './types';

/** An archive as the ledger knew it when it was opened. */
export interface Opened extends Archive {
  readonly version: string;
  readonly ledger: string | undefined;
  readonly epoch: number;
}

/** The archives of all layers, each in the edition that is in force. `anyFile`: whatever the file is; else it is a PMTiles archive. */
export interface Editions {
  /** The edition in force: out of memory, the store, or the network. Rejects with `ArchiveError`, or as the network does. */
  current(layer: ResolvedLayer, anyFile?: boolean): Promise<Opened>;
  /** The edition in force, without the network. Rejects with `ArchiveError`. */
  known(layer: ResolvedLayer): Promise<Opened | undefined>;
  /** Asks the host which edition there is, once for all who ask meanwhile; a new one is announced. Rejects like `current`. */
  check(layer: ResolvedLayer, anyFile?: boolean): Promise<Opened>;
  /** True where the version was confirmed within the layer's `maxAge`. */
  isConfirmed(layer: ResolvedLayer): boolean;
  /** The epoch of the last rule. No part says which tiles lie in it: a rule about some of them is one about all of it. */
  ruledAt(layer: ResolvedLayer): number;
}

/** Seconds for which a confirmation holds where the layer names no `maxAge`. */
const DEFAULT_CONFIRMED = 60;
const isArchive = ({ first }: Opened) => looksLikeArchive(first.bytes);

/** Name of the part that is kept of each: its beginning. */
const FIRST = 'first';

export function createEditions(tools: ArchiveTools): Editions {
  const { ledger, now } = tools;
  const parts = createParts(tools);
  const opened = new Map<string, Opened>();
  const opening = new Map<string, Promise<Opened>>();
  const checking = new Map<string, Promise<Opened>>();
  const confirming = new Set<string>();
  const steadiness = createSteadiness(now);

  const hash = async (bytes: Uint8Array<ArrayBuffer>) => {
    const digest = new Uint8Array(await tools.subtle.digest('SHA-256', bytes));
    return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  };

  const firstTools = (layer: ResolvedLayer, known?: FirstBytes): FirstTools => {
    const url = new URL(layer.archive!, tools.scope).href;
    return {
      fetch: tools.fetch,
      url,
      sameOrigin: url.startsWith(`${tools.origin}/`) && !known?.far,
      unsteady: known?.edition.unsteady,
      timers: tools.timers,
      now,
      hash,
      notice: (detail) => tools.notice(layer.name, detail),
    };
  };

  const ruledAt = ({ name }: ResolvedLayer) =>
    Math.max(0, ...(ledger.state ? recordOf(ledger.state, name).rules : []).map(({ epoch }) => epoch));
  /** No part of a whole can be asked for again: after a rule the host has to say that it is the same. */
  const isOverruled = ({ first, epoch }: Opened, layer: ResolvedLayer) =>
    first.whole !== undefined && epoch < ruledAt(layer);
  const recordIn = (state: LedgerState | undefined, layer: ResolvedLayer) => state?.layers.get(layer.name);
  const stateNow = async () => ledger.state ?? ledger.load();

  const confirmedAge = (layer: ResolvedLayer) => {
    const at = recordIn(ledger.state, layer)?.confirmedAt;
    return at === undefined || at > now() ? Infinity : (now() - at) / 1000;
  };
  const confirmedFor = ({ maxAge = DEFAULT_CONFIRMED }: ResolvedLayer) => maxAge;

  /** A read proves the version as a check does; it is noted once half of the time is over. */
  const confirm = (layer: ResolvedLayer, version: string, at: number) => {
    if (confirming.has(layer.name) || recordIn(ledger.state, layer)?.version !== version) return;
    if (confirmedAge(layer) < confirmedFor(layer) / 2) return;
    confirming.add(layer.name);
    void tools
      .announce(layer.name, version, at)
      .catch(() => {})
      .finally(() => confirming.delete(layer.name));
  };

  const holds = ({ ledger: id, epoch, version }: Opened, layer: ResolvedLayer) => {
    const { state } = ledger;
    if (!state) return true;
    return (
      id === state.id && recordIn(state, layer)?.version === version && !isSuperseded(state, subjectOf(layer), epoch)
    );
  };

  const open = (
    layer: ResolvedLayer,
    first: FirstBytes,
    from: { ledger: string | undefined; epoch: number },
  ): Opened => {
    const { version } = first.edition;
    const archive = openArchive(first, {
      ...firstTools(layer, first),
      anyFile: true,
      confirmed: (at) => confirm(layer, version, at),
      epoch: from.epoch,
      keep: async (name, read, since) => {
        const kept = await parts.read(layer, version, name, since);
        if (kept) return new Uint8Array(await kept.body.arrayBuffer());
        const place = parts.place(layer);
        const bytes = await read();
        await parts.write(layer, place, { version, name, bytes });
        return bytes;
      },
    });
    const made = Object.assign(archive, { version, ...from });
    opened.set(layer.name, made);
    return made;
  };

  const openStored = async (layer: ResolvedLayer): Promise<Opened | undefined> => {
    const version = recordIn(await stateNow(), layer)?.version;
    const kept = version !== undefined && (await parts.read(layer, version, FIRST));
    if (!kept) return undefined;
    const first = firstOf(version, kept.headers, new Uint8Array(await kept.body.arrayBuffer()));
    if (isWhole(kept.headers)) {
      const whole = await parts.read(layer, version, WHOLE_ARCHIVE);
      if (!whole) return undefined;
      first.whole = await whole.body.blob();
    }
    return open(layer, first, kept);
  };

  /** Announces what the host has, and opens it. */
  const adopt = async (
    layer: ResolvedLayer,
    first: FirstBytes,
    asked: LedgerState | undefined,
    anyFile: boolean,
  ): Promise<Opened> => {
    const { version } = first.edition;
    // What is no archive is no version either.
    const trial = {
      confirmed: () => {},
      keep: (_: string, read: () => Promise<Uint8Array<ArrayBuffer>>) => read(),
      epoch: 0,
    };
    openArchive(first, { ...firstTools(layer, first), ...trial, anyFile });
    await tools.announce(layer.name, version, first.confirmedAt).catch(() => {});
    const { state } = ledger;
    const record = recordIn(state, layer);
    // The switch is ours: what was read before it is what it switched to. Any other rule meanwhile overtakes it.
    const switched = state && asked && state.epoch === asked.epoch + 1 && record?.since === state.epoch;
    const epoch = (switched ? state.epoch : asked?.epoch) ?? 0;
    const made = open(layer, first, { ledger: asked?.id, epoch });
    if (state && record?.version === version) {
      const place = parts.place(layer);
      if (first.whole) {
        const bytes = new Uint8Array(await first.whole.arrayBuffer());
        await parts.write(layer, place, { version, name: WHOLE_ARCHIVE, bytes, epoch });
      }
      await parts.write(layer, place, { version, name: FIRST, bytes: first.bytes, headers: headersOf(first), epoch });
    }
    return made;
  };

  const ask = async (layer: ResolvedLayer, wanted: boolean): Promise<Opened> => {
    const state = await stateNow();
    const known = opened.get(layer.name);
    const usable = known && holds(known, layer) ? known : await openStored(layer);
    // In an archive's place comes another archive.
    const anyFile = usable ? !isArchive(usable) : wanted;
    const first = await fetchFirst(usable?.first, { ...firstTools(layer, usable?.first), anyFile });
    // What was ruled before the host was asked is answered by what it says, of a whole that cannot be asked for in parts.
    const vouched = (one: Opened, { whole }: FirstBytes) =>
      whole ? open(layer, { ...one.first, whole }, { ledger: state?.id, epoch: state?.epoch ?? 0 }) : one;
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
    // Begun before a rule, it says nothing of what was ruled.
    return isOverruled(checked, layer) ? checkOnce(layer, anyFile) : checked;
  };
  const reopen = shared(opening, async (layer, anyFile) => (await openStored(layer)) ?? check(layer, anyFile));

  const inMemory = async (layer: ResolvedLayer) => {
    await stateNow();
    const known = opened.get(layer.name);
    return known && holds(known, layer) ? known : undefined;
  };

  return {
    async current(layer, anyFile = false) {
      const known = (await inMemory(layer)) ?? (await reopen(layer, anyFile));
      if (isOverruled(known, layer)) return check(layer, anyFile);
      // What pages have read by themselves may be an archive by now.
      return anyFile || isArchive(known) ? known : check(layer);
    },
    known: async (layer) => (await inMemory(layer)) ?? openStored(layer),
    check,
    isConfirmed: (layer) => confirmedAge(layer) < confirmedFor(layer),
    ruledAt,
  };
}
