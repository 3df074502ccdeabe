import { webcrypto } from 'node:crypto';
import type { Scheduler } from 'fast-check';
import type { Assembled } from '../../../sw/assemble';
import { regions } from '../../../sw/regions';
import type { ErrorRecord } from '../../../src/shared/errors';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { noIndex } from '../fakes/no-index';
import { type Asked, checkAnswer, type Promised, type Stats, type Windows } from './check-answer';
import { installDatabases } from './hanging-database';
import { createNetworkModel, LAYER, ORIGIN, STYLE, USER } from './network-model';
import { BOX, createOriginModel, IN_BOX, TILES, type Weather } from './origin-model';
import { type AskRegions, checkRegions, type RegionStep, sendRegion } from './region-steps';
import { createScheduledLedger, type Disk } from './scheduled-ledger';
import { createLives, hashesIn } from './worker-lives';

export { WINDOWS } from './network-model';

export type Token = 'none' | 'current' | 'older';

export type Step =
  | { do: 'get'; tile: number; token?: Token; style?: string; user?: string }
  | { do: 'publish'; part: 'all' | 'box' }
  | { do: 'rollback' }
  | { do: 'manifest' }
  | { do: 'invalidate'; part: 'all' | 'box'; mode: 'purge' | 'stale'; tell: boolean }
  | { do: 'clear'; user: string }
  | { do: 'weather'; weather: Weather }
  | { do: 'clock'; seconds: number }
  | { do: 'restart' }
  | { do: 'lose-ledger' }
  | { do: 'hang'; hangs: boolean }
  | { do: 'full'; isFull: boolean }
  | { do: 'some'; awaits: number }
  | RegionStep
  | { do: 'settle' };

/** The worker's ledger and index: models whose steps the scheduler orders, or the real ones. */
export type Databases = 'modelled' | 'real';

export interface ModelOptions {
  databases?: Databases;
  /** Whether the scheduler decides when hashes resolve, instead of a thread, so that runs are repeatable. */
  scheduledHashes?: boolean;
  /** Whether each URL has one variant, so that no two requests for it may be in flight (P5). */
  oneKey?: boolean;
  /** The worker has regions, whose records are in real databases. */
  withRegions?: boolean;
  /** @default what the origin's headers allow */
  windows?: Windows;
}

/** Milliseconds below the deadlines of storage, which never expire by themselves unless a database hangs. */
const PATIENCE_MS = 750;
/** Scheduled steps after which a run counts as idle, because a worker may retry a database forever. */
const MOST_STEPS = 2000;

/** Plays the steps against a worker. The scheduler orders every await. Throws at the first broken promise. */
export async function runModel(
  s: Scheduler,
  steps: readonly Step[],
  layer: LayerOptions,
  { databases = 'modelled', scheduledHashes = false, oneKey = false, withRegions = false, windows }: ModelOptions = {},
): Promise<Stats & { whole?: number }> {
  const origin = createOriginModel();
  const disk: Disk = { state: undefined, founded: 0 };
  const clock = { now: 1_700_000_000_000, jumped: false };
  const promises: Promised[] = [];
  const problems: string[] = [];
  const stats: Stats & { whole?: number } = { answers: 0, hits: 0, impatient: 0 };
  const network = createNetworkModel(origin, clock, problems, undefined, { oneKey });
  let lostAt = 0;
  /** Whether a database has hung at some time. Then deadlines expire, and commands may be refused. */
  let hung = false;
  /** Cache Storage has no room. */
  let full = false;
  let wasFull = false;
  const storage = new FakeCacheStorage();
  const real = databases === 'real' || withRegions ? installDatabases(() => lives.current) : undefined;
  const lives = createLives({
    storage,
    wait: async (what) => {
      await s.schedule(Promise.resolve(), what);
      if (full && what.startsWith('put')) throw new DOMException('no room', 'QuotaExceededError');
    },
    databases: real,
    options: (life) => ({
      layers: { [LAYER]: { ...layer, patience: PATIENCE_MS / 1000 }, roads_old: {} },
      memoryBytes: life % 2 === 0 ? 0 : 2 ** 20,
      ...(withRegions && { regions: regions() }),
    }),
    fetch: network.fetch,
    around: (pause) => ({
      clients: { matchAll: async () => [] },
      subtle: scheduledHashes ? hashesIn(pause) : webcrypto.subtle,
      languages: ['en'],
      userAgent: 'model',
      now: () => clock.now,
      random: () => 0.5,
      // Patience may end at any moment. Deadlines for hanging storage expire only if something hangs.
      setTimeout: (callback, ms) => (ms <= PATIENCE_MS || hung ? void pause('timer').then(callback) : undefined),
      clearTimeout: () => {},
      estimate: async () => undefined,
      persisted: async () => undefined,
      ...(databases === 'modelled' && {
        ledger: createScheduledLedger(disk, pause, () => storage.caches.size > 0),
        index: noIndex,
      }),
    }),
  });
  const { inLife, start } = lives;

  let worker = start();
  const running: Promise<unknown>[] = [];
  /** Files of regions that are being made or read. */
  const files: Record<number, number> = {};
  const isAtFiles = () => (files[lives.current] ?? 0) > 0;
  const idle = async (most = MOST_STEPS) => {
    // Between two scheduled steps, bodies, hashes and databases take real turns of the event loop.
    const turns = () => (isAtFiles() ? 500 : real ? 12 : 2);
    let taken = 0;
    for (let quiet = 0; quiet < turns() && taken < most;) {
      if (s.count() > 0) {
        await s.waitOne();
        quiet = 0;
        taken += 1;
      } else {
        // A file is compressed by another thread.
        await new Promise((resolve) => (isAtFiles() && quiet > 10 ? setTimeout(resolve, 1) : setImmediate(resolve)));
        quiet = s.count() > 0 || (real?.busy ?? 0) > 0 ? 0 : quiet + 1;
      }
    }
  };

  /** Resolves with the body that the page gets; undefined where there is none. */
  const get = (mine: Assembled, { tile, token = 'none', style, user }: Step & { do: 'get' }) => {
    const { z, x, y } = TILES[tile]!;
    const named = { none: undefined, current: origin.version, older: [...origin.snapshots.keys()].at(-2) }[token];
    const request = new Request(`${ORIGIN}/tiles/${LAYER}/${z}/${x}/${y}${named ? `?v=${named}` : ''}`, {
      headers: { ...(style && { [STYLE]: style }), ...(user && { [USER]: user }) },
    });
    const asked: Asked = { tile, token: named, style, user };
    const by = lives.current;
    const { response } = mine.handle({ request, address: mine.match(request.url)! });
    const shown = response.then(
      async (answered) => {
        // A stopped worker does not answer.
        if (by !== lives.current) return undefined;
        // The promises at the time of the answer.
        const known = { kept: [...promises], lost: lostAt, now: clock.now, jumped: clock.jumped };
        stats.answers += 1;
        const body = await answered.text().catch(() => 'cut');
        const { status, headers } = answered;
        checkAnswer(asked, { status, headers, body }, known, {
          origin,
          network,
          layer,
          stats,
          problems,
          ...(windows && { windows }),
        });
        return status === 200 ? body : undefined;
      },
      (error: unknown) => {
        // The page may get a network error if there is neither a stored tile nor a network, and no other error.
        const message = String((error as Error | undefined)?.message ?? error);
        if (by === lives.current && !(hung && message === 'Failed to fetch')) problems.push(`no answer: ${message}`);
        return undefined;
      },
    );
    running.push(shown);
    return shown;
  };

  /** Commands about regions. */
  const askIn =
    (mine: Assembled): AskRegions =>
    (data) =>
      new Promise((resolve) => {
        const postMessage = (ack: { ok: boolean; result?: never; error?: ErrorRecord }) => {
          const { code, field } = ack.error ?? {};
          // There is no such region, or it has no tiles to export; or storage is full.
          const isRightly = (code === 'INVALID_OPTION' && field === 'id') || (code === 'STORAGE_FAILED' && wasFull);
          if (!ack.ok && !isRightly) problems.push(`${JSON.stringify(data)} was refused: ${JSON.stringify(ack.error)}`);
          resolve(ack.result);
        };
        void mine.message({ type: 'TILE_REGIONS', id: `r${origin.tick()}`, ...data }, { postMessage } as never);
      });

  const atRegion = async (step: RegionStep, mine: Assembled) => {
    const by = lives.current;
    const count = step.action === 'carry' ? 1 : 0;
    files[by] = (files[by] ?? 0) + count;
    await sendRegion(step, askIn(mine));
    files[by] -= count;
  };

  /** Sends a command. Its ack counts as a promise from then on. */
  const command = (mine: Assembled, data: object, promised: Omit<Promised, 'sentAt'>) => {
    const sentAt = origin.tick();
    const ack = {
      postMessage: (message: { ok: boolean }) => {
        if (message.ok) promises.push({ sentAt, ...promised });
        else if (!hung) problems.push(`a command was refused: ${JSON.stringify(message)}`);
      },
    };
    running.push(Promise.resolve(mine.message(data, ack as never)));
  };

  const perform = (step: Step) => {
    const mine = worker;
    switch (step.do) {
      case 'get':
        return get(mine, step);
      case 'publish':
        return origin.publish(step.part);
      case 'rollback':
        return origin.rollback();
      case 'manifest': {
        const data = { type: 'TILE_VERSIONS', id: `m${origin.tick()}`, manifest: origin.manifest(LAYER) };
        running.push(Promise.resolve(mine.message({ ...data, confirmedAt: clock.now }, undefined)));
        return;
      }
      case 'invalidate': {
        const data = {
          type: 'CACHE_INVALIDATE',
          layer: LAYER,
          mode: step.mode,
          ...(step.tell && (step.part === 'all' || origin.outsideAgrees) && { version: origin.version }),
          ...(step.part === 'box' && { bbox: BOX }),
        };
        return command(mine, data, { mode: step.mode, holds: (tile) => step.part === 'all' || IN_BOX[tile]! });
      }
      case 'clear':
        return command(
          mine,
          { type: 'TILE_CLEAR', id: `c${origin.tick()}`, ...(step.user && { partition: step.user }) },
          { mode: 'purge', holds: (_, user) => step.user === '' || user === step.user },
        );
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
        // The browser deletes it between two lives. The rules are lost, so only P6 applies to earlier promises.
        disk.state = undefined;
        real?.lose();
        worker = start();
        lostAt = origin.tick();
        promises.length = 0;
        return;
      case 'hang':
        if (!real) return;
        real.hangs = step.hangs;
        hung ||= step.hangs;
        return;
      case 'full':
        full = step.isFull;
        wasFull ||= full;
        return;
      case 'region':
        return void atRegion(step, mine);
      case 'some':
      case 'settle':
        return;
    }
  };

  /** Waits until nothing is left to do. */
  const done = async <T>(work: (mine: Assembled) => Promise<T>): Promise<T | undefined> => {
    let result: T | undefined;
    void inLife(lives.current, () => work(worker)).then((made) => (result = made));
    await idle();
    return result;
  };

  try {
    for (const step of steps) {
      inLife(step.do === 'restart' || step.do === 'lose-ledger' ? lives.current + 1 : lives.current, () =>
        perform(step),
      );
      if (step.do === 'settle') await idle();
      else if (step.do === 'some') await idle(step.awaits);
      else {
        // Let work that waits for nothing finish before the next step.
        await new Promise((resolve) => setImmediate(resolve));
        if (s.count() > 0) await s.waitOne();
      }
      if (problems.length > 0) break;
    }
    await idle();
    if (withRegions && problems.length === 0) {
      stats.whole = await checkRegions({
        run: done,
        ask: askIn,
        get: (mine) => Promise.all(TILES.map((_, tile) => get(mine, { do: 'get', tile }))),
        perform,
        keepsForEver: windows?.staleIfError === Infinity,
        ...{ origin, network, storage, clock, problems },
      });
    }
  } finally {
    real?.release();
  }
  for (const cache of storage.caches.values()) {
    for (const [key, entry] of cache.entries) {
      const body = entry.body && new TextDecoder().decode(entry.body);
      if (key.includes('/tiles/') && body && !network.complete.has(body) && entry.status === 200)
        problems.push(`P4: "${body}" is stored under ${key}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return stats;
}
