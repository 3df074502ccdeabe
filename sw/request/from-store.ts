import type { CacheStatusEntry } from '../../src/shared/cache-status';
import type { Clause } from '../../src/shared/clauses';
import type { TileStatus } from '../../src/shared/tile-use';
import { answersNotModified } from '../http/preconditions';
import type { Found, Judged } from '../lookup/found';
import type { Decision } from '../policy/decide';
import { serve } from './answer';
import { validateInBackground } from './background-validation';
import { stillHolds } from './moved-on';
import { serveRange } from './range';
import { inBackground, type RequestTools, type Task } from './task';

/** Undefined if the ledger moved on while the body was read. */
type Answer = Response | Promise<Response | undefined>;

/** Answers with the stored tile, and validates it behind the answer if it is stale. */
export function answerFromStore(
  tools: RequestTools,
  task: Task,
  found: Found,
  stored: Judged,
  { stale, ttl, validate, why }: Decision & { kind: 'respond' },
): Answer {
  const { health } = tools;
  const { call, wanted } = task;
  const { layer } = wanted.address;
  const status = stale ? 'stale' : 'hit';
  if (validate && health.mayProbe(layer.name, wanted.request.url))
    inBackground(call, validateInBackground(tools, task, found, status));
  const disconnected = stale && health.dead(layer.name);
  const entry: CacheStatusEntry = {
    hit: true,
    ttl,
    ...(disconnected ? { detail: 'disconnected' } : isTold(why) && { detail: why }),
  };
  return showStored(tools, task, found, stored, status, entry, !validate);
}

/** Reasons for using a stored tile that no other part of Cache-Status expresses. */
const TOLD = ['version-confirmed', 'other-version', 'max-stale'] as const;
const isTold = (why: Clause): why is (typeof TOLD)[number] => (TOLD as readonly Clause[]).includes(why);

/**
 * Answers with the stored tile, whole or the requested part. `alone`: nothing else reads the tile behind the answer.
 */
export function showStored(
  tools: RequestTools,
  { call, wanted }: Task,
  found: Found,
  stored: Judged,
  status: TileStatus,
  entry: CacheStatusEntry,
  alone = false,
): Answer {
  const { tile, verdict } = stored;
  const { policy } = wanted;
  const { label } = verdict;
  tools.touched(tile);
  // The lookup finds a variant through the first one, which eviction must not delete before it.
  if (found.primary && found.primary !== tile) tools.touched(found.primary);
  // A condition that holds comes before the range (RFC 9110 section 13.2.2).
  if (policy.range !== null && !answersNotModified(policy, tile)) {
    const part = serveRange(tools, policy, found.place, tile, (part, body) =>
      serve(tools, call, { tile: part, body, label, status, entry }),
    );
    return part.then((response) => (holds(tools, wanted, found, stored) ? response : undefined));
  }
  const show: Show = (body) => serve(tools, call, { tile, body, label, status, entry }, policy);
  if (policy.method === 'HEAD') return show(null);
  return withBody(tools, found, stored, wanted, alone, show);
}

type Show = (body: BodyInit | Response | null) => Response;

type WantedOf = Task['wanted'];

const holds = ({ ledger, now }: RequestTools, { subject }: WantedOf, found: Found, stored: Judged) =>
  stillHolds(ledger, found, stored, subject, now());

/**
 * Chooses the body. A Blob that the memory tier keeps goes to the page as a handle, and so may a stored response that
 * nothing else reads.
 */
function withBody(
  tools: RequestTools,
  found: Found,
  stored: Judged,
  wanted: WantedOf,
  alone: boolean,
  show: Show,
): Answer {
  const { memory } = tools;
  const { blob, response, cacheName, key, headers } = stored.tile;
  if (blob) return show(blob);
  if (!response || response.type === 'opaque') return show(null);
  if (!cacheName || !key || !memory.admits(Number(headers.get('content-length'))))
    return show(alone ? response : response.body);
  const { changes } = memory;
  return response.blob().then((body) => {
    const { response: _, ...kept } = stored.tile;
    // Anything written or deleted meanwhile is newer than this.
    memory.fill(cacheName, key, { ...kept, blob: body }, changes);
    return holds(tools, wanted, found, stored) ? show(body) : undefined;
  });
}
