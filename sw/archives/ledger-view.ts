import type { ResolvedLayer } from '../../src/shared/layer-options';
import { type LayerRecord, type LedgerState, recordOf } from '../ledger/state';
import { isSuperseded } from '../ledger/verdict';
import type { Opened } from './opened';
import { subjectOf } from './parts';
import type { ArchiveTools } from './types';

/** The ledger's view of the layers' archives. */
export interface LedgerView {
  /** Resolves with the ledger's state, and reads it first if needed; undefined while storage is broken. */
  state(): Promise<LedgerState | undefined>;
  /** Returns the layer's own record; undefined if the ledger has none. */
  recordIn(state: LedgerState | undefined, layer: ResolvedLayer): LayerRecord | undefined;
  /** True if the version was confirmed within the layer's `maxAge`, and within `seconds`. */
  isConfirmed(layer: ResolvedLayer, seconds?: number): boolean;
  /** Notes that a read proved the version, as a check does. Writes that to the ledger once half of `maxAge` is over. */
  confirm(layer: ResolvedLayer, version: string, at: number): void;
  /**
   * Returns the epoch of the last rule. No part tells which tiles it contains, so a rule about some tiles applies to
   * all parts.
   */
  ruledAt(layer: ResolvedLayer): number;
  /**
   * True if a rule came since a whole file was fetched: no part of it can be requested again, so the host has to say
   * that it is the same.
   */
  isOverruled(archive: Opened, layer: ResolvedLayer): boolean;
  /** True if the archive is still the edition in force. */
  holds(archive: Opened, layer: ResolvedLayer): boolean;
}

/** Seconds for which a confirmation holds if the layer names no `maxAge`. */
const DEFAULT_CONFIRMED = 60;

export function createLedgerView({
  ledger,
  now,
  announce,
}: Pick<ArchiveTools, 'ledger' | 'now' | 'announce'>): LedgerView {
  const confirming = new Set<string>();
  const recordIn: LedgerView['recordIn'] = (state, layer) => state?.layers.get(layer.name);
  const confirmedFor = ({ maxAge = DEFAULT_CONFIRMED }: ResolvedLayer) => maxAge;
  const confirmedAge = (layer: ResolvedLayer) => {
    const at = recordIn(ledger.state, layer)?.confirmedAt;
    return at === undefined || at > now() ? Infinity : (now() - at) / 1000;
  };
  const ruledAt = ({ name }: ResolvedLayer) =>
    Math.max(0, ...(ledger.state ? recordOf(ledger.state, name).rules : []).map(({ epoch }) => epoch));

  return {
    state: async () => ledger.state ?? ledger.load(),
    recordIn,
    isConfirmed: (layer, seconds = Infinity) => confirmedAge(layer) < Math.min(confirmedFor(layer), seconds),
    confirm(layer, version, at) {
      if (confirming.has(layer.name) || recordIn(ledger.state, layer)?.version !== version) return;
      if (confirmedAge(layer) < confirmedFor(layer) / 2) return;
      confirming.add(layer.name);
      void announce(layer.name, version, at)
        .catch(() => {})
        .finally(() => confirming.delete(layer.name));
    },
    ruledAt,
    isOverruled: ({ first, epoch }, layer) => first.whole !== undefined && epoch < ruledAt(layer),
    holds({ ledger: id, epoch, version }, layer) {
      const { state } = ledger;
      if (!state) return true;
      const isInForce = id === state.id && recordIn(state, layer)?.version === version;
      return isInForce && !isSuperseded(state, subjectOf(layer), epoch);
    },
  };
}
