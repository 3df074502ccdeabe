import { type Place, placesOf } from './places';
import type { Ledger, LedgerState } from '../ledger/ledger';
import { recordOf } from '../ledger/ledger';
import { currentAge, freshnessLifetime } from '../http/freshness';
import { HIDES_HEADER, hiddenKey } from '../policy/statuses';
import type { MemoryTier } from '../store/memory-tier';
import { judge, type Standing, type Subject } from '../ledger/verdict';
import { variantKey } from '../store/tile-key';
import type { Tile, TileStore } from '../store/tile-store';
import { variantIn, varyFields, type VaryEnvironment } from '../http/vary';

/** What is stored for a request, judged by the ledger as it stands after the read. */
export interface Found {
  state: LedgerState;
  /** The layer's current cache. */
  cacheName: string;
  /** Where an answer to this request is stored. */
  place: Place;
  tile: Tile | undefined;
  standing: Standing | undefined;
  /** The first variant of the key in its place. */
  primary: Tile | undefined;
  otherVariants: boolean;
  /** It varies on what a worker cannot see, or was written under rules that are lost: never used unvalidated. */
  unsureVariant: boolean;
  /** The store could not be read: what it holds, nobody knows. */
  broken: boolean;
}

/** Finds a tile: one read where it lies in the current cache, more only for variants and older versions. */
export type Lookup = (request: Request, key: string, subject: Subject) => Promise<Found>;

const isRight = (standing: Standing | undefined) => standing?.rule === 'none' && !standing.overtaken;

export function createLookup({
  ledger,
  store,
  memory,
  env,
  now,
  onBroken,
}: {
  ledger: Ledger;
  store: TileStore;
  memory: MemoryTier;
  env: VaryEnvironment;
  now: () => number;
  onBroken: (error: unknown) => void;
}): Lookup {
  const read = (cacheName: string, key: string, onFailure: () => void): Tile | undefined | Promise<Tile | undefined> =>
    memory.get(cacheName, key) ??
    store.match(cacheName, key).catch((error: unknown) => {
      onFailure();
      onBroken(error);
      return undefined;
    });

  /** A response without CORS is of no use to a request that needs it. */
  const usable = (tile: Tile | undefined, request: Request) =>
    tile?.response?.type === 'opaque' && request.mode !== 'no-cors' ? undefined : tile;

  /** Not on the hit path: the good tile behind a negative answer whose life is over, or that a rule covers. */
  const hiddenBy = async (negative: Tile, subject: Subject, onFailure: () => void): Promise<Tile> => {
    const { cacheName = '', key = '' } = negative;
    const { state } = ledger;
    const alive = freshnessLifetime(negative, subject.layer).lifetime > currentAge(negative, now());
    const rule = state && judge(state, subject, negative, false, now()).rule;
    if (alive && rule === 'none') return negative;
    return (await read(cacheName, hiddenKey(key), onFailure)) ?? negative;
  };

  return async (request, key, subject) => {
    let broken = false;
    const failed = () => void (broken = true);
    for (;;) {
      const before = ledger.state as LedgerState;
      const record = recordOf(before, subject.layer.name);
      const cacheName = store.nameOf(subject.layer.name, record.cache, subject.partition);
      const { place, others } = placesOf(record, subject, key, (version) =>
        store.nameOf(subject.layer.name, version, subject.partition),
      );
      let primary = usable(await read(place.cacheName, place.key, failed), request);
      if (primary?.headers.has(HIDES_HEADER)) primary = await hiddenBy(primary, subject, failed);
      const found: Found = {
        state: before,
        cacheName,
        place,
        tile: primary,
        standing: undefined,
        primary,
        otherVariants: false,
        unsureVariant: false,
        broken,
      };
      const fields = primary && varyFields(primary.headers);
      if (primary && fields && fields !== '*') {
        const variant = variantIn(subject.layer, fields, request, env);
        found.unsureVariant = variant === undefined;
        if (variant !== undefined && variant !== primary.meta.variant) {
          found.otherVariants = true;
          found.tile = usable(
            await read(place.cacheName, variantKey(place.key, variant, primary.meta.group), failed),
            request,
          );
          if (found.tile?.headers.has(HIDES_HEADER)) found.tile = await hiddenBy(found.tile, subject, failed);
        }
      }
      const judged = (tile: Tile, older: boolean) => judge(ledger.state ?? before, subject, tile, older, now());
      found.standing = found.tile && judged(found.tile, place.cacheName !== cacheName);
      // Not on the hit path: what was stored before the version moved on, or under another token.
      if (!found.otherVariants && !isRight(found.standing)) {
        for (const { cacheName: name, key } of others) {
          let older = usable(await read(name, key, failed), request);
          if (older?.headers.has(HIDES_HEADER)) older = await hiddenBy(older, subject, failed);
          const standing = older && judged(older, name !== cacheName);
          const fields = older && varyFields(older.headers);
          if (
            !older ||
            !standing ||
            standing.rule === 'absent' ||
            // Another version's tile stands in for a missing one only.
            (found.tile && found.standing?.rule !== 'absent' && !isRight(standing)) ||
            (fields && (fields === '*' || variantIn(subject.layer, fields, request, env) !== older.meta.variant))
          )
            continue;
          found.tile = older;
          found.standing = standing;
          if (isRight(standing)) break;
        }
      }
      found.broken = broken;
      const ledgerOf = found.tile?.meta.ledger ?? before.id;
      // What a HEAD found changed is stale, no more: its ledger is '-'.
      if (ledgerOf !== before.id && ledgerOf !== '-') found.unsureVariant = true;
      // Between the reads the ledger may have moved on: the last word is the ledger's, without a wait after it.
      const state = ledger.state as LedgerState;
      if (state === before) return found;
      if (recordOf(state, subject.layer.name).cache === record.cache) {
        found.state = state;
        if (found.tile) found.standing = judge(state, subject, found.tile, found.tile.cacheName !== cacheName, now());
        return found;
      }
    }
  };
}
