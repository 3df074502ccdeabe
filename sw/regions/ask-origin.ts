import { retryAfter } from '../../src/shared/retry-after';
import { mayServeOnError } from '../policy/decide';
import { saysNothing } from '../http/statuses';
import { mayStore } from '../http/storability';
import { storedHeaders } from '../store/stored-headers';
import { selectingFields, variantIn } from '../http/vary';
import { inForce } from '../ledger/doubt';
import { isMismatch } from '../ledger/verdict';
import type { Outcome } from '../origin/outcome';
import { encodeMeta } from '../store/tile-meta';
import type { Tile } from '../store/tile-store';
import type { FillTools, Limits } from './fill-tools';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';

/** A failure of the network, or of the origin as a whole: no tile is to blame. */
export interface Trouble {
  reason: string;
  /** Milliseconds for which the origin asks us to hold our requests. */
  after?: number;
  /** The bytes of a region that takes more than its `maxBytes`: no wait helps. */
  bytes?: number;
}

/** The result of requesting one tile. */
export type Answered =
  /** `unchanged`: the bytes equal those of the tile that the request named. */
  | { kind: 'tile'; tile: Tile; bytes: Uint8Array<ArrayBuffer>; unchanged: boolean }
  | ({ kind: 'trouble' } & Trouble)
  /** This tile cannot be had. */
  | { kind: 'refused'; reason: string }
  | { kind: 'aborted' };

/** Milliseconds for one tile. */
const TILE_MS = 30_000;
const TEN_YEARS = 3e11;

/**
 * Requests a tile from the origin, once, together with all other callers that request it; stores nothing. `looked`: what
 * a lookup has just found.
 */
export async function askOrigin(
  asked: Wanted,
  tools: Pick<FillTools, 'lookup' | 'flights' | 'ledger' | 'env' | 'now' | 'sleep' | 'pace' | 'rate'>,
  { signal }: Pick<Limits, 'signal'>,
  validate: boolean,
  looked?: Found,
): Promise<Answered> {
  const { lookup, flights, ledger, env, now } = tools;
  const { request, subject } = asked;
  const { archive } = subject.layer;
  // This wait does not count as the host's time. One request to an archive brings many tiles: it takes the turn itself.
  if (archive === undefined) await tools.pace(request.url);
  if (signal.aborted) return { kind: 'aborted' };
  const turn = () => tools.pace(new URL(archive!, request.url).href);
  const address = archive === undefined || tools.rate === undefined ? asked.address : { ...asked.address, turn };
  const wanted = { ...asked, address, policy: { ...asked.policy, noCache: validate } };
  const limit = new AbortController();
  const ended = new Promise<undefined>((resolve) =>
    limit.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  const abort = () => limit.abort();
  signal.addEventListener('abort', abort, { once: true });
  let over = false;
  void tools.sleep(TILE_MS).then(() => !over && abort());
  try {
    for (let round = 0; round < 5 && !limit.signal.aborted; round += 1) {
      const isCurrent = round === 0 && looked?.state === ledger.state;
      const found = isCurrent ? looked! : await lookup(wanted);
      const joined = await flights.join(wanted, found, { background: true, bulk: true });
      if (!joined) continue;
      const leave = flights.wait(joined.exchange, limit.signal);
      // The request goes on beyond the limit if a map waits for it, too.
      const outcome = await Promise.race([joined.exchange.outcome, ended]);
      leave();
      if (signal.aborted) return { kind: 'aborted' };
      if (!outcome) break;
      // The request gave way to a map, or was overtaken: nobody is to blame.
      if (outcome.kind === 'failure' && /^(dropped|aborted)$/.test(outcome.reason) && !limit.signal.aborted) continue;
      return read(outcome);
    }
  } finally {
    over = true;
    signal.removeEventListener('abort', abort);
  }
  return signal.aborted ? { kind: 'aborted' } : { kind: 'trouble', reason: 'timeout' };

  function read(outcome: Outcome): Answered {
    if (outcome.kind === 'failure') {
      const { status, reason, tile } = outcome;
      const after = tile && retryAfter(tile.headers, now());
      // No wait changes what the worker's own policy forbids.
      if (reason === 'forbidden') return { kind: 'refused', reason };
      // Nor what the host of an archive has answered for good.
      const received = archive && /received-status=(\d+)/.exec(tile?.headers.get('proxy-status') ?? '')?.[1];
      if (received) return { kind: 'refused', reason: received === '200' ? 'no archive' : received };
      if (status !== undefined)
        return { kind: 'trouble', reason: String(status), ...(after !== undefined && { after }) };
      return tile && reason !== 'status' && reason !== 'cut' && reason !== 'cut off'
        ? { kind: 'refused', reason }
        : { kind: 'trouble', reason };
    }
    const { tile, notModified } = outcome;
    if (!tile.bytes) return { kind: 'refused', reason: tile.response ? 'opaque' : 'too large' };
    if (saysNothing(tile.status)) return { kind: 'refused', reason: String(tile.status) };
    const { layer } = subject;
    const storing = mayStore({ method: 'GET', noStore: false }, { ...tile, type: 'basic' }, layer);
    if (!storing.store) return { kind: 'refused', reason: storing.reason };
    const fields = selectingFields(layer, tile.headers);
    const variant = variantIn(layer, fields, request, env);
    if (variant === undefined) return { kind: 'refused', reason: `vary: ${fields.join()}` };
    // A tile that may not be shown without the network is of no use in an offline map.
    if (isForbidden({ ...tile, kept: true }, layer, now())) return { kind: 'refused', reason: 'must be validated' };
    const { state } = ledger;
    if (state && isMismatch(inForce(state, layer.name), subject, tile.meta))
      return { kind: 'trouble', reason: 'versionmismatch' };
    const written: Tile = {
      ...tile,
      headers: storedHeaders(tile),
      meta: { ...tile.meta, variant: variant ?? '', group: '' },
    };
    return { kind: 'tile', tile: written, bytes: tile.bytes, unchanged: notModified };
  }
}

/**
 * True if the origin itself, and not the layer's windows, forbids an answer without it (RFC 9111 section 4.2.4), and the
 * layer does not take it upon itself (`offline: 'always'`).
 */
function isForbidden(tile: Tile, layer: Wanted['subject']['layer'], now: number): boolean {
  const willing = { ...layer, staleIfError: Infinity };
  return !mayServeOnError(tile, willing, now + TEN_YEARS, { gone: true });
}

/** A tile as a pack's table has it. */
export const written = ({ status, headers, meta }: Tile) => ({
  status,
  headers: [...headers] as Array<[string, string]>,
  meta: encodeMeta(meta),
});
