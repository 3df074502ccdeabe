import type { Assembled } from '../../../sw/assemble';
import { createTileIndex } from '../../../sw/index/tile-index';
import { createArea } from '../../../src/shared/area';
import { regions } from '../../../sw/regions';
import type { RegionInfo, RegionSpec, TileCoverage } from '../../../src/shared/regions';
import { tileBBox } from '../../../src/shared/tile-math';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { seeded } from '../fakes/seeded';
import { fakeTimers } from '../fakes/timers';
import { checkAnswer, type Promised, type Stats } from './check-answer';
import { installDatabases } from './hanging-database';
import { createNetworkModel, LAYER, ORIGIN, untilGivenUp, WINDOWS } from './network-model';
import { BOX, createOriginModel, IN_BOX, TILES } from './origin-model';
import { createLives, hashesIn } from './worker-lives';
import { watchMaps } from './watch-maps';

/** What the sign's map shows for one tile. */
export interface Shown {
  tile: number;
  /** The status; 0 if there was no answer. */
  status: number;
  body: string;
  /** Milliseconds until the answer. */
  after: number;
  /** Whether the tile equals that of the origin. */
  current: boolean;
  /** The essential part of its `Cache-Status`. */
  way: string;
}

/** Quantities that must not grow without a limit. */
export interface Growth {
  entries: number;
  bytes: number;
  caches: number;
  rows: number;
  rules: number;
  ids: number;
  records: number;
  /** The size of the largest map of the worker. */
  map: number;
  timers: number;
  inFlight: number;
}

/** Faults in the worker that the simulation must detect. */
export type Sabotage = 'never evicts' | 'acks and does nothing' | undefined;

export const OTHER = 'other';
/** The region that the sign keeps: some tiles of a layer without versions. */
const PINNED = 'pinned';
const SPEC: RegionSpec = {
  id: PINNED,
  layers: [{ layer: PINNED, template: `/tiles/${PINNED}/{z}/{x}/{y}` }],
  bounds: [9, 53, 11, 54],
  zooms: [4, 7],
};
const PINNED_PATHS = [4, 5, 6, 7].flatMap((z) =>
  [...createArea(SPEC.bounds).tiles(z)].map(({ x, y }) => `/tiles/${PINNED}/${z}/${x}/${y}`),
);
/** A secret in every URL. It must appear in nothing that is stored or posted (P7). */
const SECRET = 'the-secret-of-this-sign';
const PATIENCE_MS = 750;
const ENTRIES = { [LAYER]: 40, [OTHER]: 120 };
/** Milliseconds for which a page waits for a tile. */
const PAGE_WAITS = 60_000;
const TURNS = 6;

/** A sign over days: the model's worker, origin and network, a clock with running timers, and real databases. */
export function createKioskWorld(seed: number, sabotage: Sabotage) {
  const random = seeded(seed);
  const clock = { now: 1_700_000_000_000, skew: 0 };
  const problems: string[] = [];
  const stats: Stats = { answers: 0, hits: 0, impatient: 0 };
  const origin = createOriginModel();
  let generation = 0;
  let strolled = 0;
  let lostAt = 0;
  let promised: Promised[] = [];
  let killIn = 0;
  let pinnedEdition = 1;
  /** What each call of Cache Storage awaits first. */
  let storageFault: ((what: string) => Promise<void> | undefined) | undefined;
  /** Receives messages to pages. Searches them for the secret, and does not keep them. */
  const posted: string[] = [];
  let worker: Assembled;
  let maps = { largest: () => 0 };

  const databases = installDatabases(() => lives.current);
  const idle = async () => {
    for (let quiet = 0, turns = 0; quiet < TURNS && turns < 20_000; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = databases.busy > 0 ? 0 : quiet + 1;
    }
  };
  const timers = fakeTimers({ clock, idle });
  const sleep = (ms: number) => new Promise<void>((resolve) => void timers.setTimeout(resolve, ms));
  const network = createNetworkModel(origin, clock, problems, { sleep, random });
  const storage = new FakeCacheStorage();

  /** Answers for layers that do not concern the sign. */
  async function others(request: Request): Promise<Response> {
    if (['network', 'flaky'].includes(origin.weather)) throw new TypeError('Failed to fetch');
    if (['hangs', 'body hangs'].includes(origin.weather)) return untilGivenUp(request);
    const { pathname } = new URL(request.url);
    const text = pathname.startsWith(`/tiles/${PINNED}/`) ? `${pinnedEdition} ${pathname}` : pathname.padEnd(2000, '.');
    return new Response(text, {
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=3600' },
    });
  }

  const lives = createLives({
    storage,
    databases,
    async wait(what) {
      if (killIn > 0 && (killIn -= 1) === 0) start();
      const fault = /^(match|put|delete|open|keys|has|drop)\b/.test(what) ? storageFault?.(what) : undefined;
      if (fault) await fault;
    },
    options: () => ({
      layers: {
        [LAYER]: options(),
        [OTHER]: { maxEntries: ENTRIES[OTHER] },
        [PINNED]: { staleIfError: Infinity },
      },
      memoryBytes: generation % 2 === 0 ? 2 ** 16 : 0,
      regions: regions(),
    }),
    fetch: (request, lane, pause) =>
      request.url.includes(`/tiles/${LAYER}/`) ? network.fetch(request, lane, pause) : others(request),
    around: (pause, life) => ({
      clients: {
        matchAll: async () =>
          [{ id: 'page', postMessage: (said: unknown) => posted.push(JSON.stringify(said)) }] as never,
      },
      subtle: hashesIn(pause),
      languages: ['en'],
      userAgent: 'model',
      now: () => clock.now,
      monotonic: () => timers.elapsed,
      random,
      setTimeout: (callback, ms) => timers.setTimeout(() => life === lives.current && lives.inLife(life, callback), ms),
      clearTimeout: (timer) => timers.clearTimeout(timer),
      estimate: async () => undefined,
      persisted: async () => undefined,
      ...(sabotage === 'never evicts' && {
        index: {
          ...createTileIndex({
            scope: `${ORIGIN}/`,
            now: () => clock.now,
            timers: { setTimeout: timers.setTimeout, clearTimeout: timers.clearTimeout },
          }),
          totals: async () => new Map(),
        },
      }),
    }),
  });

  /** The sign's layer: a stored tile is shown forever if there is nothing better. */
  const options = (): LayerOptions => ({
    staleIfError: Infinity,
    negativeMaxAge: 15,
    patience: PATIENCE_MS / 1000,
    timeout: 10,
    maxEntries: ENTRIES[LAYER],
    versionPolicy: generation % 3 === 2 ? 'serve-stale' : 'revalidate',
  });

  function start(): void {
    const watched = watchMaps(() => lives.start());
    worker = watched.made;
    maps = watched;
  }

  const inLife = <T>(work: () => T): T => lives.inLife(lives.current, work);
  const ask = (path: string, query = `?access_token=${SECRET}`) => {
    const url = `${ORIGIN}${path}${query}`;
    const request = new Request(url);
    const by = lives.current;
    const { response } = inLife(() => worker.handle({ request, address: worker.match(url)!, clientId: 'page' }));
    return { response, by };
  };

  /** Fetches one tile as the page does. Never resolves if the worker is stopped. */
  async function get(tile: number): Promise<Omit<Shown, 'after'>> {
    const { z, x, y } = TILES[tile]!;
    const { response, by } = ask(`/tiles/${LAYER}/${z}/${x}/${y}`);
    try {
      const answered = await response;
      if (by !== lives.current) return await new Promise<never>(() => {});
      const kept = [...promised];
      const { status, headers } = answered;
      const contact = network.contacts.get(Number(headers.get('x-contact')));
      const known = {
        kept,
        lost: lostAt,
        now: clock.now - clock.skew,
        // If the clock has been set, the tile's age is unknown.
        jumped: contact?.skew !== clock.skew,
      };
      const body = await answered.text().catch(() => 'cut');
      stats.answers += 1;
      const windows = { ...WINDOWS, staleIfError: Infinity };
      checkAnswer({ tile }, { status, headers, body }, known, {
        origin,
        network,
        layer: options(),
        stats,
        problems,
        windows,
      });
      const said = headers.get('cache-status') ?? '';
      return {
        tile,
        status,
        body,
        current: status === 200 && body === origin.contentOf(tile),
        way: said
          .replace(/^sw-tile-cache; /, '')
          .replace(/ttl=-\d+/, 'stale')
          .replace(/; ttl=\d+/, ''),
      };
    } catch (error) {
      if (by !== lives.current) return await new Promise<never>(() => {});
      const message = String((error as Error | undefined)?.message ?? error);
      if (!/Failed to fetch/.test(message)) problems.push(`no answer: ${message}`);
      return { tile, status: 0, body: '', current: false, way: 'no answer' };
    }
  }

  /** Replaces an earlier promise about the same part. */
  const promise = (one: Promised, part: string) => {
    promised = [
      ...promised.filter((old) => (old as Named).part !== `${part} ${one.mode}`),
      Object.assign(one, { part: `${part} ${one.mode}` }),
    ];
  };
  interface Named extends Promised {
    part?: string;
  }

  function command(data: object, one: Omit<Promised, 'sentAt'>, part: string, changed: () => void): void {
    const sentAt = origin.tick();
    const acked = (message: { ok: boolean }) => {
      if (!message.ok) return;
      promise({ sentAt, ...one }, part);
      changed();
    };
    if (sabotage === 'acks and does nothing') return acked({ ok: true });
    void inLife(() => worker.message({ ...data, id: `k${origin.tick()}` }, { postMessage: acked } as never));
  }

  /** Returns the worker's answer to a command of regions; undefined if it was stopped, refused, or took too long. */
  async function ofRegions<T>(command: object): Promise<T | undefined> {
    let answered: { ok: boolean; result?: T } | undefined;
    const life = lives.current;
    const data = { type: 'TILE_REGIONS', id: `r${origin.tick()}`, ...command };
    const postMessage = (ack: typeof answered) => (answered = ack);
    void inLife(() => worker.message(data, { postMessage } as never));
    const from = timers.elapsed;
    await timers.pass(0);
    while (!answered && life === lives.current && timers.elapsed - from < PAGE_WAITS) await timers.pass(250);
    return answered?.ok ? answered.result : undefined;
  }

  start();
  return {
    clock,
    random,
    origin,
    network,
    timers,
    databases,
    storage,
    problems,
    stats,
    pass: timers.pass,
    get life() {
      return lives.current;
    },
    set storageFault(fault: typeof storageFault) {
      storageFault = fault;
    },
    /** Stops the worker at one of its next awaits. */
    killIn(awaits: number) {
      killIn = awaits;
    },
    /** Returns whether the origin's current tile is in Cache Storage, and not only in the worker's memory. */
    isStored(tile: number) {
      const { z, x, y } = TILES[tile]!;
      const isIt = (key: string, body: Uint8Array | null) =>
        key.includes(`/${z}/${x}/${y}`) && new TextDecoder().decode(body ?? undefined) === origin.contentOf(tile);
      return [...storage.caches.values()].some(({ entries }) =>
        [...entries].some(([key, { status, body }]) => status === 200 && isIt(key, body)),
      );
    },
    /** Number of evicted tiles of other maps. */
    get evicted() {
      const kept = [...storage.caches].filter(([name]) => name.includes(`:${OTHER}@`));
      return strolled - kept.reduce((sum, [, { entries }]) => sum + entries.size, 0);
    },
    restart: start,
    /** Starts another worker. Its activation may have to wait for storage. */
    deploy() {
      generation += 1;
      start();
      void inLife(() => worker.activate()).catch(() => {});
    },
    /** Deletes the databases. */
    loseDatabases() {
      databases.lose();
      start();
      lostAt = origin.tick();
      promised = [];
    },
    /** Deletes all site data, as the browser may. */
    wipe() {
      storage.caches.clear();
      network.wipe();
      databases.lose();
      start();
      lostAt = 0;
      promised = [];
    },
    /** Makes another tab purge, mark as stale, or clear. */
    invalidate(part: 'all' | 'box', mode: 'purge' | 'stale', changed: () => void) {
      const data = { type: 'CACHE_INVALIDATE', layer: LAYER, mode, ...(part === 'box' && { bbox: BOX }) };
      command(
        data,
        { mode, holds: (tile) => part === 'all' || IN_BOX[tile]! },
        part,
        mode === 'purge' ? changed : () => {},
      );
    },
    clear: (changed: () => void) =>
      command({ type: 'TILE_CLEAR' }, { mode: 'purge', holds: () => true }, 'clear', changed),
    /** Tells the worker the manifest that a page has read. */
    tell(manifest: unknown) {
      const data = { type: 'TILE_VERSIONS', id: `m${origin.tick()}`, manifest, confirmedAt: clock.now };
      void inLife(() => worker.message(data, undefined));
    },
    /**
     * Saves the region if there is none, and drives it. Resolves with true once it is complete, and otherwise when the worker
     * was stopped at the given await; 0: at none.
     */
    async keepPinned(stopIn: number): Promise<boolean> {
      const list = async () => (await ofRegions<RegionInfo[]>({ action: 'list' })) ?? [];
      const [before] = await list();
      if (!before) await ofRegions({ action: 'save', spec: SPEC });
      // After a clear of everything, the worker fetches nothing by itself.
      else if (before.state === 'paused') await ofRegions({ action: 'resume', region: PINNED });
      killIn = stopIn;
      const life = lives.current;
      for (let slice = 0; slice < 20 && (stopIn === 0 || life === lives.current); slice += 1) {
        const driven = await ofRegions<{ again?: number }>({ action: 'drive', metered: false, online: true });
        if (driven && driven.again === undefined) break;
        await timers.pass(driven?.again ?? 1000);
      }
      killIn = 0;
      return (await list())[0]?.state === 'complete';
    },
    /** Changes the region's tiles at the origin. */
    async updatePinned() {
      pinnedEdition += 1;
      await ofRegions({ action: 'update', region: PINNED });
    },
    /** Returns the editions of the region's tiles that are answered offline; undefined for missing ones. */
    async pinned(): Promise<Set<string | undefined>> {
      const { weather } = origin;
      origin.weather = 'network';
      const editions = new Set<string | undefined>();
      let open = PINNED_PATHS.length;
      const life = lives.current;
      for (const path of PINNED_PATHS)
        void ask(path, '')
          .response.then((answer) => (answer.ok ? answer.text() : undefined))
          .then(
            (text) => text?.split(' ')[0],
            () => undefined,
          )
          .then((edition) => (editions.add(edition), (open -= 1)));
      const from = timers.elapsed;
      await timers.pass(0);
      while (open > 0 && timers.elapsed - from < PAGE_WAITS && life === lives.current) await timers.pass(250);
      if (open > 0) editions.add(undefined);
      origin.weather = weather;
      return editions;
    },
    get pinnedEdition() {
      return `${pinnedEdition}`;
    },
    /** Returns which tiles the worker reports as covered; undefined if it was stopped or did not answer. */
    async coverage(): Promise<Array<boolean | undefined>> {
      const said: Array<boolean | undefined> = TILES.map(() => undefined);
      const template = `/tiles/${LAYER}/{z}/{x}/{y}?access_token=${SECRET}`;
      TILES.forEach((tile, i) => {
        const [west, south, east, north] = tileBBox(tile);
        const [x, y] = [(west + east) / 2, (south + north) / 2];
        const query = { layer: LAYER, bounds: [x, y, x, y], zooms: [tile.z, tile.z], template };
        const postMessage = ({ ok, result }: { ok: boolean; result?: TileCoverage[] }) => {
          if (ok) said[i] = result?.[0]?.covered;
        };
        const data = { type: 'TILE_REGIONS', id: `c${origin.tick()}`, action: 'coverage', query };
        void inLife(() => worker.message(data, { postMessage } as never));
      });
      await timers.pass(0);
      return said;
    },
    /** Fetches all tiles of the map, and waits until each has arrived or the page has waited long enough. */
    async look(): Promise<Shown[]> {
      const from = timers.elapsed;
      const shown: Shown[] = TILES.map((_, tile) => ({
        tile,
        status: 0,
        body: '',
        after: PAGE_WAITS,
        current: false,
        way: 'no answer',
      }));
      let open = TILES.length;
      TILES.forEach((_, tile) => {
        void get(tile).then((answer) => {
          shown[tile] = { ...answer, after: timers.elapsed - from };
          open -= 1;
        });
      });
      const life = lives.current;
      await timers.pass(0);
      // A page whose worker was stopped gets no answer, and requests the tile again at its next look.
      while (open > 0 && timers.elapsed - from < PAGE_WAITS && life === lives.current) await timers.pass(250);
      return shown;
    },
    /** Loads tiles of other maps of the same origin. */
    async stroll(count: number) {
      strolled += count;
      const running = Array.from({ length: count }, () => {
        const z = 9 + Math.floor(random() * 6);
        const at = () => Math.floor(random() * 2 ** z);
        return ask(`/tiles/${OTHER}/${z}/${at()}/${at()}`)
          .response.then((answer) => answer.arrayBuffer())
          .catch(() => {});
      });
      void Promise.all(running);
      await timers.pass(1000);
    },
    async measure(): Promise<Growth> {
      let [entries, bytes] = [0, 0];
      for (const [name, cache] of storage.caches) {
        for (const [key, entry] of cache.entries) {
          entries += 1;
          bytes += entry.body?.length ?? 0;
          const kept = `${name} ${key} ${JSON.stringify(entry.headers)}`;
          if (kept.includes(SECRET)) problems.push(`P7: ${kept}`);
          const body = entry.body && new TextDecoder().decode(entry.body);
          if (key.includes(`/tiles/${LAYER}/`) && body && entry.status === 200 && !network.complete.has(body))
            problems.push(`P4: "${body}" is stored under ${key}`);
        }
      }
      for (const said of posted.splice(0)) if (said.includes(SECRET)) problems.push(`P7: ${said}`);
      const { state } = worker.ledger;
      return {
        entries,
        bytes,
        caches: storage.caches.size,
        rows: await databases.rows(),
        rules: Math.max(0, ...[...(state?.layers.values() ?? [])].map(({ rules }) => rules.length)),
        ids: state?.ids.length ?? 0,
        records: state?.layers.size ?? 0,
        map: maps.largest(),
        timers: timers.waiting,
        inFlight: network.inFlight(lives.current),
      };
    },
    end: databases.release,
  };
}

export type KioskWorld = ReturnType<typeof createKioskWorld>;
