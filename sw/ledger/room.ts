import { TileCacheError } from '../../src/shared/errors';
import type { LayerRecord, LedgerState } from './state';

/** The most layers with records of their own, besides `*`. Without a limit a page could fill the ledger. */
export const MAX_LAYERS = 1000;

/** The layers to forget so that new ones find room, and the new ones that find none. */
export interface Room {
  forget: string[];
  refused: string[];
}

/**
 * Makes room for layers that the ledger does not know yet. The layer whose version the origin confirmed longest ago
 * goes first. A layer stays if it has a rule, if it is in `stored` (layers with stored tiles), or if it is in `named`
 * (all layers that the message names). Pure.
 */
export function roomFor(state: LedgerState, named: readonly string[], stored: ReadonlySet<string>): Room {
  const fresh = named.filter((layer) => layer !== ALL && !state.layers.has(layer));
  const lacking = ownOf(state.layers) + fresh.length - MAX_LAYERS;
  if (lacking <= 0) return { forget: [], refused: [] };
  const wanted = new Set(named);
  const forget = [...state.layers.values()]
    .filter((record) => !wanted.has(record.layer) && !stored.has(record.layer) && isIdle(record))
    .sort((a, b) => (a.confirmedAt ?? 0) - (b.confirmedAt ?? 0))
    .slice(0, lacking)
    .map(({ layer }) => layer);
  return { forget, refused: fresh.slice(fresh.length - (lacking - forget.length)) };
}

const ALL = '*';

const ownOf = (layers: ReadonlyMap<string, LayerRecord>) => layers.size - (layers.has(ALL) ? 1 : 0);

const isIdle = ({ layer, rules, forgotten = [] }: LayerRecord) =>
  layer !== ALL && rules.length === 0 && forgotten.length === 0;

/** Throws `LIMIT_EXCEEDED` if there are more layers than a ledger may have. */
export function withinRoom(layers: ReadonlyMap<string, LayerRecord>): void {
  if (ownOf(layers) <= MAX_LAYERS) return;
  throw new TileCacheError({
    code: 'LIMIT_EXCEEDED',
    field: 'layer',
    message: `There are more than ${MAX_LAYERS} layers.`,
    remedy: 'Use fewer layer names.',
  });
}
