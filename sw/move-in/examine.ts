import type { MoveInRefusal } from '../../src/shared/move-in';
import { requestPolicy } from '../http/request-directives';
import { mayStore } from '../http/storability';
import { selectingFields, variantIn } from '../http/vary';
import { type LedgerState, recordOf } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { judge } from '../ledger/verdict';
import { placesOf, type Place } from '../lookup/places';
import { want } from '../lookup/wanted';
import { evidence } from '../origin/evidence';
import { MAX_BODY } from '../origin/read-body';
import { refusalOf } from '../origin/refusal';
import { storedHeaders } from '../store/stored-headers';
import type { MetaTile, TileMeta } from '../store/tile-meta';
import type { Tile } from '../store/tile-store';
import { DeadlineMissed } from '../util/deadline';
import { arrivalOf } from './age';
import type { OldTile } from './source';
import type { MoveInTools } from './tools';

/** A tile that the move may take over, in the form in which the worker will store it. */
export interface Candidate {
  place: Place;
  subject: Subject;
  headers: Headers;
  meta: TileMeta;
  bytes: Uint8Array<ArrayBuffer>;
  /** Epoch milliseconds at which the old store is last known to have had the tile. */
  usedAt: number;
}

export type Refused = { refused: MoveInRefusal };

/**
 * Returns where the worker stores the answer to a request for this URL, or `undefined` if the URL belongs to no layer.
 */
export async function locate(
  request: Request,
  state: LedgerState,
  { match, digest }: Pick<MoveInTools, 'match' | 'digest'>,
  nameOf: (layer: string, version: string, partition: string) => string,
) {
  const address = match(request.url);
  if (!address || address.layer.archive !== undefined) return undefined;
  const { subject, key } = await want(digest, state, request, address, requestPolicy(request));
  const record = recordOf(state, address.layer.name);
  const { place } = placesOf(record, subject, key, (version) => nameOf(address.layer.name, version, subject.partition));
  return { address, subject, place };
}

type Located = NonNullable<Awaited<ReturnType<typeof locate>>>;

/**
 * Returns why the ledger's rules refuse a tile, or `undefined` if they do not. No epoch tells when the tile arrived. It
 * counts as older than every rule, so that a move never brings back a purged tile.
 */
export function refusedByRules(
  state: LedgerState,
  subject: Subject,
  tile: MetaTile,
  { leaving, now }: Pick<MoveInTools, 'leaving' | 'now'>,
): MoveInRefusal | undefined {
  const { layer } = subject;
  const record = recordOf(state, layer.name);
  if (leaving.has(subject)) return 'purged';
  const { rule, by } = judge(state, subject, tile, false, now());
  if (rule === 'absent') return by === 'version-changed' || by === 'version-mismatch' ? 'version' : 'purged';
  if (tile.meta.epoch < record.since) return 'version';
  // `versionPolicy: 'discard'` shows no tile of another version, so it must not show one of an unknown version
  // either. Before the layer has a version, every tile is acceptable.
  const sure = tile.meta.version !== '' || (record.version === undefined && !isUnsure(state, layer.name));
  return layer.versionPolicy === 'discard' && !sure ? 'version' : undefined;
}

/** Returns true if rules were lost: any stored tile may be one that they covered, so the worker validates it. */
const isUnsure = (state: LedgerState, layer: string) =>
  state.orphaned || state.sealed === true || (state.forgot === true && !state.layers.has(layer));

/** Checks a stored tile as the worker checks a response from the network. */
export async function examine(
  old: OldTile,
  { address, subject, place }: Located,
  state: LedgerState,
  tools: MoveInTools,
): Promise<Candidate | Refused> {
  const { now, env } = tools;
  const { layer } = address;
  const { request, status, type } = old;
  if (type === 'opaque') return { refused: 'opaque' };
  if (status !== 200) return { refused: 'status' };
  if (!mayStore({ method: 'GET', noStore: false }, { status, headers: old.headers, type }, layer).store)
    return { refused: 'no-store' };
  const { headers, requestAt, responseAt } = arrivalOf(old, now(), isUnsure(state, layer.name));
  const fields = selectingFields(layer, headers);
  const varies = fields.length > 0;
  const meta: TileMeta = {
    requestAt,
    responseAt,
    ledger: state.id,
    epoch: 0,
    version: evidence(headers, address),
    variant: varies ? (variantIn(layer, fields, request, env) ?? '') : '',
    group: varies ? 'moved' : '',
    token: address.token,
  };
  const refused = refusedByRules(state, subject, { status, headers, requestAt, responseAt, meta }, tools);
  if (refused) return { refused };
  if (Number(headers.get('content-length')) > MAX_BODY) return { refused: 'implausible' };
  const body = await old.body().catch((error: unknown) => {
    if (error instanceof DeadlineMissed) throw error;
    return undefined;
  });
  if (!body) return { refused: 'unreadable' };
  const bytes = new Uint8Array(body);
  const tile: Tile = { status, headers, requestAt, responseAt, meta, bytes };
  if (bytes.length === 0 || (await refusalOf({ request, address, candidates: [] }, tile, type)))
    return { refused: 'implausible' };
  return { place, subject, headers: storedHeaders(tile), meta, bytes, usedAt: lastUse(old.seenAt, requestAt, now()) };
}

/** A time in the future comes from a wrong clock. Eviction would never reach the tile. */
function lastUse(seenAt = NaN, requestAt: number, now: number): number {
  return seenAt >= 0 ? Math.min(seenAt, now) : Math.max(0, requestAt);
}
