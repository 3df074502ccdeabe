import { retryAfter } from '../../src/shared/retry-after';
import { selectingFields, variantIn } from '../http/vary';
import { saysNothing } from '../http/statuses';
import { mayStore } from '../http/storability';
import { inForce } from '../ledger/doubt';
import { isMismatch } from '../ledger/verdict';
import type { Wanted } from '../lookup/wanted';
import type { Outcome } from '../origin/outcome';
import { mayServeOnError } from '../policy/decide';
import { storedHeaders } from '../store/stored-headers';
import type { Tile } from '../store/tile-store';
import type { FillTools } from './fill-tools';

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

const TEN_YEARS = 3e11;

/** Says what the outcome of a request means for the region that asked. */
export function readOutcome(
  outcome: Outcome,
  { request, subject }: Wanted,
  { ledger, env, now }: Pick<FillTools, 'ledger' | 'env' | 'now'>,
): Answered {
  const { layer } = subject;
  if (outcome.kind === 'failure') return readFailure(outcome, layer.archive !== undefined, now);
  const { tile, notModified } = outcome;
  if (!tile.bytes) return { kind: 'refused', reason: tile.response ? 'opaque' : 'too large' };
  if (saysNothing(tile.status)) return { kind: 'refused', reason: String(tile.status) };
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

function readFailure(
  { status, reason, tile }: Extract<Outcome, { kind: 'failure' }>,
  archived: boolean,
  now: () => number,
): Answered {
  const after = tile && retryAfter(tile.headers, now());
  // No wait changes what the worker's own policy forbids.
  if (reason === 'forbidden') return { kind: 'refused', reason };
  // Nor what the host of an archive has answered for good.
  const received = archived && /received-status=(\d+)/.exec(tile?.headers.get('proxy-status') ?? '')?.[1];
  if (received) return { kind: 'refused', reason: received === '200' ? 'no archive' : received };
  if (status !== undefined) return { kind: 'trouble', reason: String(status), ...(after !== undefined && { after }) };
  return tile && reason !== 'status' && reason !== 'cut' && reason !== 'cut off'
    ? { kind: 'refused', reason }
    : { kind: 'trouble', reason };
}

/**
 * True if the origin itself, and not the layer's windows, forbids an answer without it (RFC 9111 section 4.2.4), and the
 * layer does not take it upon itself (`offline: 'always'`).
 */
function isForbidden(tile: Tile, layer: Wanted['subject']['layer'], now: number): boolean {
  const willing = { ...layer, staleIfError: Infinity };
  return !mayServeOnError(tile, willing, now + TEN_YEARS, { gone: true });
}
