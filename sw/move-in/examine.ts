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

/** A tile that may be taken, as it will be stored. */
export interface Candidate {
  place: Place;
  subject: Subject;
  headers: Headers;
  meta: TileMeta;
  bytes: Uint8Array<ArrayBuffer>;
  /** Epoch milliseconds at which it was last known to be there. */
  usedAt: number;
}

export type Refused = { refused: MoveInRefusal };

/** Where the answer to a request of this URL is stored. Undefined: it is no layer's. */
export async function placeOf(
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

type Located = NonNullable<Awaited<ReturnType<typeof placeOf>>>;

/**
 * Why the rules keep a tile out that came at a time which no epoch tells: it counts as older than every one of them, so
 * that nothing comes back that was purged.
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
  // A layer that shows nothing of another version shows nothing of an unknown one, once it knows its own.
  const sure = tile.meta.version !== '' || (record.version === undefined && !isUnsure(state, layer.name));
  return layer.versionPolicy === 'discard' && !sure ? 'version' : undefined;
}

/** Rules were lost: what they covered may be as old as it likes, and is asked for again. */
const isUnsure = (state: LedgerState, layer: string) =>
  state.orphaned || state.sealed === true || (state.forgot === true && !state.layers.has(layer));

/** Looks at a tile as at an answer of the network. */
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
  const varies = Array.isArray(fields) && fields.length > 0;
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
  return { place, subject, headers: storedHeaders(tile), meta, bytes, usedAt: old.seenAt ?? Math.max(0, requestAt) };
}
