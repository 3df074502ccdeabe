import { currentAge, freshnessLifetime } from '../http/freshness';
import type { ClockSkew } from '../http/clock-skew';
import { selectingFields, variantIn, type VaryEnvironment } from '../http/vary';
import { type LedgerState, recordOf } from '../ledger/state';
import type { Ledger } from '../ledger/ledger';
import { CHANGED, isOlder, judge } from '../ledger/verdict';
import { HIDES_HEADER, hiddenKey, isTile } from '../http/statuses';
import type { TileIndex } from '../index/tile-index';
import type { MemoryTier } from '../store/memory-tier';
import { ownKey, variantKey } from '../store/tile-key';
import type { Patiently, Tile, TileStore } from '../store/tile-store';
import type { Found, Judged } from './found';
import { isBefore, isRight, type KeptTile, type KeptTiles, prefersKept } from './kept';
import { type Place, placesOf } from './places';
import type { Wanted } from './wanted';

/**
 * Finds a tile. One read suffices if the tile is in the current cache; variants and older versions need more.
 * `patiently`: there is nothing else to show.
 */
export type Lookup = (wanted: Wanted, patiently?: Patiently) => Promise<Found>;

interface LookupTools {
  ledger: Ledger;
  store: Pick<TileStore, 'match' | 'nameOf'>;
  memory: MemoryTier;
  index: Pick<TileIndex, 'beside'>;
  env: VaryEnvironment;
  now: () => number;
  onBroken: (error: unknown) => void;
  skew: Pick<ClockSkew, 'lateBy'>;
  /** The tiles of regions. @default none */
  kept?: KeptTiles | undefined;
}

/** One search, and whether it found the store broken. */
interface Search {
  readonly tools: LookupTools;
  readonly wanted: Wanted;
  readonly patiently: Patiently | undefined;
  broken: boolean;
}

export function createLookup(tools: LookupTools): Lookup {
  return async (wanted, patiently) => {
    const search: Search = { tools, wanted, patiently, broken: false };
    for (;;) {
      const found = await searchOnce(search, tools.ledger.state as LedgerState);
      if (found) return found;
    }
  };
}

/** Resolves with `undefined` if the layer has switched caches meanwhile: search again. */
async function searchOnce(search: Search, before: LedgerState): Promise<Found | undefined> {
  const { tools, wanted } = search;
  const { ledger, store, index, env, now } = tools;
  const { request, key, subject } = wanted;
  const { layer, partition } = subject;
  const record = recordOf(before, layer.name);
  const cacheName = store.nameOf(layer.name, record.cache, partition);
  const { place, others, besides } = placesOf(record, subject, key, (version) =>
    store.nameOf(layer.name, version, partition),
  );

  const primary = await readGood(search, place);
  const found: Found = {
    state: before,
    cacheName,
    place,
    stored: undefined,
    primary,
    otherVariants: false,
    unsureVariant: false,
    broken: false,
  };
  let tile = primary;
  const fields = primary ? selectingFields(layer, primary.headers) : [];
  if (primary && fields.length > 0) {
    const variant = variantIn(layer, fields, request, env);
    found.unsureVariant = variant === undefined;
    if (variant !== undefined && variant !== primary.meta.variant) {
      found.otherVariants = true;
      tile = await readGood(search, { ...place, key: variantKey(place.key, variant, primary.meta.group) });
    }
  }
  found.stored = tile && judged(search, before, tile, place.cacheName !== cacheName);
  // Not on the hit path: look for tiles stored before the version changed or under another token.
  if (!found.otherVariants && !isRight(found.stored?.verdict)) {
    found.stored = await bestOf(search, before, found.stored, others, cacheName);
    // Only the index knows the other tokens.
    if (!found.stored || found.stored.verdict.rule === 'absent')
      found.stored = await bestOf(
        search,
        before,
        found.stored,
        await index.beside(besides, ownKey(key, '')),
        cacheName,
      );
  }

  const holding = tools.kept?.find(subject, key, request, search.patiently);
  if (holding) await takeKept(search, found, before, await holding);

  found.broken = search.broken;
  const ledgerOf = found.stored?.tile.meta.ledger ?? before.id;
  // A tile that a HEAD found changed is only stale.
  if (ledgerOf !== before.id && ledgerOf !== CHANGED) found.unsureVariant = true;
  // The ledger may have changed between the reads. Judge by its latest state, with no `await` afterwards.
  const state = ledger.state as LedgerState;
  if (state === before) return found;
  if (recordOf(state, layer.name).cache !== record.cache) return undefined;
  found.state = state;
  if (found.stored) {
    const { tile } = found.stored;
    found.stored = { tile, verdict: judge(state, subject, tile, isOlder(state, layer.name, tile, cacheName), now()) };
  }
  return found;
}

/** Takes the region's tile if it is the better answer. If not, the cache's tile counts as kept, too. */
async function takeKept(search: Search, found: Found, before: LedgerState, held: KeptTile | undefined): Promise<void> {
  if (!held || !isSelected(search, held.tile)) return;
  const { tools, wanted } = search;
  const { subject } = wanted;
  const record = recordOf(tools.ledger.state ?? before, subject.layer.name);
  const { verdict } = judged(search, before, held.tile, isBefore(held.tile, record));
  const tile = prefersKept(found, held.tile, verdict, subject, tools.now(), search.patiently)
    ? await held.read()
    : undefined;
  if (tile) Object.assign(found, { stored: { tile, verdict }, otherVariants: false, unsureVariant: false });
  else if (found.stored && verdict.rule !== 'absent') {
    const own = { ...found.stored.tile, kept: true as const };
    if (found.primary === found.stored.tile) found.primary = own;
    found.stored = { tile: own, verdict: found.stored.verdict };
  }
}

/**
 * Reads from memory synchronously, or else from the store. If the store is broken, reports that and resolves with
 * `undefined`.
 */
function read(search: Search, { cacheName, key }: Place): Tile | undefined | Promise<Tile | undefined> {
  const { memory, store, onBroken } = search.tools;
  return (
    memory.get(cacheName, key) ??
    store.match(cacheName, key, search.patiently).catch((error: unknown) => {
      search.broken = true;
      onBroken(error);
      return undefined;
    })
  );
}

/** Reads a place, and the good tile behind a negative answer that no longer counts. */
async function readGood(search: Search, place: Place): Promise<Tile | undefined> {
  const tile = usable(search, await read(search, place));
  return tile?.headers.has(HIDES_HEADER) ? hiddenBy(search, tile) : tile;
}

/** The tile, or `undefined` for an opaque response to a request that needs CORS. */
const usable = ({ tools, wanted }: Search, tile: Tile | undefined) =>
  !tile || (tile.response?.type === 'opaque' && wanted.request.mode !== 'no-cors') ? undefined : aged(tools, tile);

/** Corrects the tile's age for a clock that was set back. */
function aged({ skew }: LookupTools, tile: Tile): Tile {
  const lateBy = skew.lateBy(tile);
  return lateBy === (tile.lateBy ?? 0) ? tile : { ...tile, lateBy };
}

/** Not on the hit path: reads the good tile behind a negative answer that has expired or that a rule covers. */
async function hiddenBy(search: Search, negative: Tile): Promise<Tile> {
  const { ledger, now } = search.tools;
  const { subject } = search.wanted;
  const { cacheName = '', key = '' } = negative;
  const { state } = ledger;
  const alive = freshnessLifetime(negative, subject.layer).lifetime > currentAge(negative, now());
  const rule = state && judge(state, subject, negative, false, now()).rule;
  if (alive && rule === 'none') return negative;
  return (await read(search, { cacheName, key: hiddenKey(key) })) ?? negative;
}

function judged({ tools, wanted }: Search, before: LedgerState, tile: Tile, older: boolean): Judged {
  const state = tools.ledger.state ?? before;
  return { tile, verdict: judge(state, wanted.subject, tile, older, tools.now()) };
}

/** True if the request selects this variant, by the fields of `Vary` that the worker can see. */
function isSelected({ tools, wanted }: Search, { headers, meta }: Tile): boolean {
  const { layer } = wanted.subject;
  const fields = selectingFields(layer, headers);
  return fields.length === 0 || variantIn(layer, fields, wanted.request, tools.env) === meta.variant;
}

/**
 * Resolves with the best of `own` and the tiles in `others`. The right version's tile wins in whatever cache it is;
 * another version's stands in only if there is no tile.
 */
async function bestOf(
  search: Search,
  before: LedgerState,
  own: Judged | undefined,
  others: readonly Place[],
  cacheName: string,
): Promise<Judged | undefined> {
  let best = own;
  for (const place of others) {
    const tile = await readGood(search, place);
    if (!tile) continue;
    const other = judged(search, before, tile, place.cacheName !== cacheName);
    if (other.verdict.rule === 'absent') continue;
    // A negative answer from before its version came into force proves nothing now.
    if (isRight(other.verdict) && !isTile(tile))
      other.verdict = { ...other.verdict, rule: 'stale', by: 'version-changed' };
    if (best && best.verdict.rule !== 'absent' && !isRight(other.verdict)) continue;
    if (!isSelected(search, tile)) continue;
    best = other;
    if (isRight(other.verdict)) break;
  }
  return best;
}
