import { freshenHeaders, headMatches } from '../http/validators';
import type { Found, Judged } from '../lookup/found';
import { CHANGED } from '../ledger/verdict';
import { WAITED } from '../origin/patience';
import type { Tile } from '../store/tile-store';
import { serve } from './answer';
import { mayStandIn } from './fallback';
import { labelled, sendAsIs } from './pass-through';
import { inBackground, type RequestTools, type Task, waitOf } from './task';

/**
 * Answers a HEAD that the store cannot answer alone: the stored tile stands in if the origin fails or takes too long.
 */
export async function answerHead(tools: RequestTools, task: Task, found: Found): Promise<Response> {
  const { call, wanted } = task;
  const usable = mayStandIn(tools, task, found, {});
  const asking = askHead(tools, task, found);
  inBackground(call, asking);
  const stale = (detail: 'patience' | 'network') => {
    const { tile, verdict } = found.stored as Judged;
    const entry = { fwd: 'stale', detail } as const;
    return serve(tools, call, { tile, body: null, label: verdict.label, status: 'stale', entry }, wanted.policy);
  };
  try {
    const answered = await (usable ? waitOf(tools, task).race(asking) : asking);
    return answered === WAITED ? stale('patience') : answered;
  } catch (error) {
    if (!mayStandIn(tools, task, found, { gone: true })) throw error;
    return stale('network');
  }
}

async function askHead(tools: RequestTools, { call, wanted }: Task, found: Found): Promise<Response> {
  const { request } = wanted;
  const requestAt = tools.now();
  // Bypass the HTTP cache: its HEAD would be as old as the stored tile.
  const response = await sendAsIs(tools, call, new Request(request, { cache: 'no-cache' }));
  const { stored, place } = found;
  if (
    response.status === 200 &&
    // The head of a sign-in page says nothing of the tile.
    (!isPage(response) || (stored && isPage(stored.tile))) &&
    !wanted.policy.noStore &&
    stored &&
    stored.verdict.rule !== 'absent' &&
    // A HEAD about one version says nothing about a tile of another.
    stored.verdict.by !== 'other-token' &&
    stored.tile.cacheName === place.cacheName &&
    stored.tile.status === 200
  )
    await updateByHead(tools, wanted, found, stored, response.headers, requestAt);
  return labelled(request, response, { fwd: 'miss', fwdStatus: response.status });
}

const isPage = ({ headers }: { headers: Headers }) => /html/i.test(headers.get('content-type') ?? '');

/** Freshens the stored tile, or marks it as stale (RFC 9111 section 4.3.5). */
async function updateByHead(
  { now, writer, bytesOf }: RequestTools,
  { subject }: Task['wanted'],
  { place }: Found,
  { tile }: Judged,
  head: Headers,
  requestAt: number,
): Promise<void> {
  const bytes = await bytesOf(place, tile);
  if (!bytes) return;
  // Keep the epoch: without the bytes, nothing shows that the tile obeys a rule.
  const freshened = { requestAt, responseAt: now() };
  const next: Tile = headMatches(head, tile.headers, subject.layer.versionHeader)
    ? {
        ...tile,
        ...freshened,
        bytes,
        headers: freshenHeaders(tile.headers, head),
        meta: { ...tile.meta, ...freshened },
      }
    : { ...tile, bytes, meta: { ...tile.meta, ledger: CHANGED } };
  await writer.rewrite(place.cacheName, tile.key ?? place.key, subject, tile, next).catch(() => {});
}
