import { webcrypto } from 'node:crypto';
import type { Scheduler } from 'fast-check';
import { assemble, type Assembled } from '../../../sw/assemble';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { BOX, createOriginModel, IN_BOX, TILES, type Weather } from './origin-model';
import { createScheduledLedger, type Disk } from './scheduled-ledger';

export type Step =
  | { do: 'get'; tile: number }
  | { do: 'publish'; part: 'all' | 'box' }
  | { do: 'rollback' }
  | { do: 'manifest' }
  | { do: 'invalidate'; part: 'all' | 'box'; mode: 'purge' | 'stale'; tell: boolean }
  | { do: 'weather'; weather: Weather }
  | { do: 'clock'; seconds: number }
  | { do: 'restart' }
  | { do: 'lose-ledger' }
  | { do: 'settle' };

const ORIGIN = 'https://map.example';
const LAYER = 'roads';
/** Below the deadlines of storage, which never end by themselves here. */
const PATIENCE_MS = 750;

/** What the origin's headers allow, in seconds. */
export const WINDOWS = { maxAge: 10, staleWhileRevalidate: 10, staleIfError: 20 };
const CACHE_CONTROL = `max-age=${WINDOWS.maxAge}, stale-while-revalidate=${WINDOWS.staleWhileRevalidate}, stale-if-error=${WINDOWS.staleIfError}`;

/** What was true when an answer was given. */
interface Seen {
  kept: readonly Promised[];
  lost: number;
  now: number;
  jumped: boolean;
}

/** An acked invalidation. */
interface Promised {
  sentAt: number;
  mode: 'purge' | 'stale';
  holds: (tile: number) => boolean;
}

/** Plays the steps against a worker, the scheduler choosing the order of every await; throws at the first broken promise. */
export async function runModel(
  s: Scheduler,
  steps: readonly Step[],
  layer: LayerOptions,
): Promise<{ answers: number; hits: number; impatient: number }> {
  const origin = createOriginModel();
  const disk: Disk = { state: undefined, founded: 0 };
  const clock = { now: 1_700_000_000_000, jumped: false };
  const complete = new Set<string>();
  const httpCache = new Map<string, { body: string; headers: Record<string, string>; at: number }>();
  const contactedAt = new Map<number, { clock: number; body: string }>();
  const inFlight = new Map<string, number>();
  const promises: Promised[] = [];
  const problems: string[] = [];
  const stats = { answers: 0, hits: 0, impatient: 0 };
  let life = 0;
  let lostAt = 0;

  // A worker that was stopped never comes back from an await.
  const pauseIn = (mine: number) => async (what: string) => {
    if (mine !== life) return new Promise<void>(() => {});
    await s.schedule(Promise.resolve(), what);
    if (mine !== life) return new Promise<void>(() => {});
  };
  const storage = new FakeCacheStorage();
  const caches = new Map<number, FakeCacheStorage>();

  const network = async (request: Request, mine: number, worker: () => Assembled): Promise<Response> => {
    const pause = pauseIn(mine);
    const index = TILES.findIndex(({ z, x, y }) => request.url === `${ORIGIN}/tiles/${LAYER}/${z}/${x}/${y}`);
    const id = `${mine} ${request.url} ${worker().ledger.state?.epoch}`;
    const held = httpCache.get(request.url);
    if (request.cache === 'default' && held && clock.now - held.at < WINDOWS.maxAge * 1000 && clock.now >= held.at) {
      return new Response(held.body, { headers: held.headers });
    }
    inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
    if ((inFlight.get(id) as number) > 1) problems.push(`P5: two requests in flight for ${id}`);
    await pause('origin asked');
    const { weather } = origin;
    const serial = origin.tick();
    const body = origin.contentOf(index);
    const label = origin.version;
    const headers: Record<string, string> = {
      'content-type': 'application/octet-stream',
      'cache-control': CACHE_CONTROL,
      date: new Date(clock.now).toUTCString(),
      etag: `"${body}"`,
      'x-tile-version': label,
      'x-contact': String(serial),
    };
    contactedAt.set(serial, { clock: clock.now, body });
    complete.add(body);
    await pause('origin answers');
    inFlight.set(id, (inFlight.get(id) as number) - 1);
    if (weather === 'network') throw new TypeError('Failed to fetch');
    if (weather === '503') return new Response('down', { status: 503 });
    if (weather === 'truncated')
      return new Response(body.slice(0, 3), { headers: { ...headers, 'content-length': String(body.length) } });
    httpCache.set(request.url, { body, headers, at: clock.now });
    if (request.headers.get('if-none-match')?.includes(`"${body}"`))
      return new Response(null, { status: 304, headers });
    return new Response(body, { headers });
  };

  const start = (): Assembled => {
    life += 1;
    const mine = life;
    const pause = pauseIn(mine);
    const view = new FakeCacheStorage(pause);
    // The disk is one; each life has its own handles and waits.
    Object.assign(view, { caches: storage.caches });
    caches.set(mine, view);
    const worker: Assembled = assemble(
      {
        layers: { [LAYER]: { ...layer, patience: PATIENCE_MS / 1000 }, roads_old: {} },
        memoryBytes: mine % 2 === 0 ? 0 : 2 ** 20,
      },
      {
        scope: `${ORIGIN}/`,
        origin: ORIGIN,
        fetch: (request) => network(request, mine, () => worker),
        caches: view.asStorage(),
        clients: { matchAll: async () => [] },
        subtle: webcrypto.subtle as SubtleCrypto,
        languages: ['en'],
        userAgent: 'model',
        now: () => clock.now,
        random: () => 0.5,
        // Patience may end at any moment; what only bounds what hangs never comes by itself.
        setTimeout: (callback, ms) => (ms <= PATIENCE_MS ? void pause('timer').then(callback) : undefined),
        clearTimeout: () => {},
        estimate: async () => undefined,
        persisted: async () => undefined,
        ledger: createScheduledLedger(disk, pause, () => storage.caches.size > 0),
        index: {
          stored: () => {},
          touched: () => {},
          flush: async () => {},
          totals: async () => new Map(),
          oldest: async () => [],
          remove: async () => {},
          drop: async () => {},
        },
      },
    );
    return worker;
  };

  const check = (tile: number, status: number, headers: Headers, body: string, { kept, lost, now, jumped }: Seen) => {
    const cacheStatus = headers.get('cache-status') ?? '';
    const fail = (why: string) =>
      problems.push(
        `${why}: tile ${tile} ${status} "${body}" ${cacheStatus} x-contact=${headers.get('x-contact')} label=${headers.get('x-tile-version')}`,
      );
    if (status !== 200) return;
    const contact = Number(headers.get('x-contact'));
    const hit = /; hit/.test(cacheStatus);
    const ttl = Number(/ttl=(-?\d+)/.exec(cacheStatus)?.[1] ?? NaN);
    const fallback = /fwd=stale/.test(cacheStatus) && /detail=/.test(cacheStatus);
    const marked = fallback || (hit && ttl <= 0);
    stats.hits += hit ? 1 : 0;
    stats.impatient += /detail=patience/.test(cacheStatus) ? 1 : 0;
    const known = contactedAt.get(contact);
    if (complete.has(body) && known && known.body !== body) fail('bytes of another exchange');
    if (hit && !complete.has(body)) fail('P4: a cut body was stored');
    for (const { sentAt, mode, holds } of kept) {
      if (!holds(tile) || contact > sentAt) continue;
      if (mode === 'purge') fail('P1: shown after its purge was acked');
      else if (!marked) fail('P1: shown as fresh after it was marked stale');
    }
    if (lost > 0 && contact <= lost && !marked) fail('P6: unvalidated after the ledger was lost');
    const label = headers.get('x-tile-version');
    if (label !== null && complete.has(body) && origin.snapshots.get(label)?.[tile] !== body)
      fail('P3: no evidence for the label');
    if (!jumped && known && layer.freshness !== 'version') {
      const age = (now - known.clock) / 1000;
      // Date has whole seconds.
      if (hit && ttl > 0 && age > WINDOWS.maxAge + 1) fail(`P2: fresh at age ${age}`);
      if (hit && ttl <= 0 && !/detail/.test(cacheStatus) && age > WINDOWS.maxAge + WINDOWS.staleWhileRevalidate + 1)
        fail(`P2: stale beyond its window at age ${age}`);
      // What the origin has just answered stands in for nothing: its label alone makes it stale.
      const standsIn = fallback && !/detail=versionmismatch/.test(cacheStatus);
      if (standsIn && age > WINDOWS.maxAge + WINDOWS.staleIfError + 1) fail(`P2: stale-if-error at age ${age}`);
    }
  };

  let worker = start();
  const running: Promise<unknown>[] = [];
  const idle = async () => {
    // Bodies and hashes take real turns of the event loop between two scheduled steps.
    for (let quiet = 0; quiet < 2;) {
      if (s.count() > 0) {
        await s.waitOne();
        quiet = 0;
      } else {
        await new Promise((resolve) => setImmediate(resolve));
        quiet += s.count() > 0 ? 0 : 1;
      }
    }
  };

  const perform = (step: Step) => {
    const mine = worker;
    switch (step.do) {
      case 'get': {
        const { z, x, y } = TILES[step.tile]!;
        const request = new Request(`${ORIGIN}/tiles/${LAYER}/${z}/${x}/${y}`);
        const asked = life;
        const { response } = mine.handle({ request, address: mine.match(request.url)! });
        running.push(
          response.then(async (answered) => {
            // A worker that was stopped answers nobody.
            if (asked !== life) return;
            // What had been promised when the answer was given.
            const seen = { kept: [...promises], lost: lostAt, now: clock.now, jumped: clock.jumped };
            stats.answers += 1;
            const body = await answered.text().catch(() => 'cut');
            check(step.tile, answered.status, answered.headers, body, seen);
          }),
        );
        return;
      }
      case 'publish':
        origin.publish(step.part);
        return;
      case 'rollback':
        origin.rollback();
        return;
      case 'manifest': {
        const manifest = origin.manifest(LAYER);
        running.push(
          Promise.resolve(
            mine.message(
              { type: 'TILE_VERSIONS', id: `m${origin.tick()}`, manifest, confirmedAt: clock.now },
              undefined,
            ),
          ),
        );
        return;
      }
      case 'invalidate': {
        const sentAt = origin.tick();
        const data = {
          type: 'CACHE_INVALIDATE',
          layer: LAYER,
          mode: step.mode,
          ...(step.tell && (step.part === 'all' || origin.outsideAgrees) && { version: origin.version }),
          ...(step.part === 'box' && { bbox: BOX }),
        };
        const ack = {
          postMessage: (message: { ok: boolean }) => {
            if (!message.ok) problems.push('an invalidation was refused');
            else promises.push({ sentAt, mode: step.mode, holds: (tile) => step.part === 'all' || IN_BOX[tile]! });
          },
        };
        running.push(Promise.resolve(mine.message(data, ack as never)));
        return;
      }
      case 'weather':
        origin.weather = step.weather;
        return;
      case 'clock':
        clock.now += step.seconds * 1000;
        clock.jumped ||= step.seconds < 0;
        return;
      case 'restart':
        worker = start();
        return;
      case 'lose-ledger':
        // The browser drops it between two lives; the rules are lost, so the promises that rest on them become P6's.
        disk.state = undefined;
        worker = start();
        lostAt = origin.tick();
        promises.length = 0;
        return;
      case 'settle':
        return;
    }
  };

  for (const step of steps) {
    perform(step);
    if (step.do === 'settle') await idle();
    else {
      // What waits for nothing is done before the next thing happens.
      await new Promise((resolve) => setImmediate(resolve));
      if (s.count() > 0) await s.waitOne();
    }
    if (problems.length > 0) break;
  }
  await idle();
  for (const cache of storage.caches.values()) {
    for (const [key, entry] of cache.entries) {
      const body = entry.body && new TextDecoder().decode(entry.body);
      if (key.includes('/tiles/') && body && !complete.has(body) && entry.status === 200)
        problems.push(`P4: "${body}" is stored under ${key}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return stats;
}
