import { saysNothing } from '../http/statuses';
import { freshenHeaders, selectedBy304 } from '../http/validators';
import { isFailure } from '../policy/decide';
import type { Tile } from '../store/tile-store';
import type { Answer, Asking } from './asking';
import { hidesLabel, provenBy304 } from './evidence';
import type { Outcome } from './outcome';
import { refusalOf } from './refusal';
import { readBody } from './response-body';

/**
 * Handles a 304: freshens the stored tile that it matches. Resolves with undefined if the worker has to fetch the whole
 * tile: the 304 matches none, or does not tell the version.
 */
export async function freshen(
  { plan, labels, bytesOf, keeping, patience }: Asking,
  { tile: { headers, meta, ...times } }: Answer,
  candidates: Tile[],
): Promise<Outcome | undefined> {
  patience.answered(plan.request.url);
  const selected = selectedBy304(headers, candidates) as Tile | undefined;
  const bytes = selected && (await bytesOf(plan, selected));
  if (!selected || !bytes || hidesLabel(labels, plan, meta.version, selected)) return undefined;
  const { url, status } = selected;
  const tile: Tile = {
    ...times,
    status,
    headers: freshenHeaders(selected.headers, headers),
    bytes,
    meta: { ...meta, version: provenBy304(plan, meta.version, selected) },
    ...(url !== undefined && { url }),
  };
  const stored = (await keeping.store(tile, 'freshened')) !== 'no';
  return { kind: 'tile', tile, notModified: true, stored, same: true };
}

/**
 * Stores an opaque response as it is, because no script may read it. In place of a tile that the worker could read, it
 * counts as a failure: many servers send no CORS headers with errors.
 */
export async function takeOpaque(
  { plan, keeping, patience, withdrawn }: Asking,
  { response, tile }: Answer,
): Promise<Outcome> {
  if (response.redirected) tile.url = response.url;
  patience.answered(plan.request.url);
  tile.response = response.clone();
  if (plan.readable && !withdrawn(plan.request.url)) return { kind: 'failure', reason: 'status', tile };
  const stored = (await keeping.store({ ...tile, response }, 'new')) !== 'no';
  return { kind: 'tile', tile, notModified: false, stored, same: false };
}

/** Reads the body, streams it to the page, and stores the tile if it is one. Calls `read` when the body is whole. */
export async function takeBody(asking: Asking, { response, tile }: Answer, read: () => void): Promise<Outcome> {
  const { plan, keeping, patience, watch, onRefused, tellHead, timers, bytesOf } = asking;
  const { status } = tile;
  const failed = isFailure(status);
  if (response.redirected) tile.url = response.url;
  const bytes = await readBody(response, tile, {
    stall: plan.address.layer.timeout,
    timers,
    tellHead: plan.stream && !failed ? tellHead : undefined,
  });
  read();
  if (bytes) {
    tile.bytes = bytes;
    const refusal = refusalOf(plan, tile, response.type, (stored) => bytesOf(plan, stored));
    const reason = refusal instanceof Promise ? await refusal : refusal;
    if (reason) onRefused(plan, reason);
    if (reason) return { kind: 'failure', reason, tile };
  }
  patience.answered(plan.request.url);
  if (failed) {
    if (bytes) await keeping.store(tile, 'error');
    return { kind: 'failure', reason: 'status', status, tile: bytes ? tile : { ...tile, bytes: new Uint8Array() } };
  }
  keeping.came();
  watch.end();
  const written = bytes ? await keeping.store(tile, saysNothing(status) ? 'error' : 'new') : 'no';
  return { kind: 'tile', tile, notModified: false, stored: written !== 'no', same: written === 'same' };
}
