import { createKioskWorld, type Growth, type Sabotage, type Shown } from './kiosk-world';
import { FAULTS, type FaultKind, type FaultName, NAMES } from './kiosk-faults';
import { LAYER } from './network-model';

/** The result of some days. */
export interface Days {
  /** Broken promises, each with its day and the faults of the moment. */
  problems: string[];
  /** How often each fault occurred, and how many answers it changed or lives of the worker it ended. */
  seen: Record<FaultName, { times: number; changed: number }>;
  /** The longest time until the map had recovered after a fault, in milliseconds. */
  slowest: { after: number; fault: string };
  /** The maximum of each quantity at the end of a day. */
  most: Growth;
  answers: number;
  hits: number;
  /** Number of tiles that the worker reported as covered, or not, without a network. */
  covered: { true: number; false: number };
  /** How often the region was read without a network, and how many editions it had. */
  pinned: { asked: number; editions: number };
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** Milliseconds between two looks at the map after a fault. */
const BETWEEN = 5 * SECOND;
/** Milliseconds within which the map must recover. */
const RECOVERS_WITHIN = 30 * SECOND;
/** Milliseconds within which stored tiles must be shown: the layer's patience, and some turns of slow storage. */
const PATIENT = 1000;
/** The layer's `negativeMaxAge`, in milliseconds. */
const HOLES = 15 * SECOND;
/** Number of older versions of a layer that the worker keeps. */
const KEPT = 2;
/** Milliseconds that a page waits at most if there is no storage. */
const WITHOUT_STORAGE = 15 * SECOND;
/** `Cache-Status` of tiles on a day without faults: from the store, validated, or requested under a new version. */
const ORDINARY = /^(hit|fwd=stale; fwd-status=(200|304))$/;
/** How long faults last, in milliseconds. */
const LASTING = [20 * SECOND, 2 * 60 * SECOND, 20 * 60 * SECOND, 3 * HOUR];

/**
 * Faults in which the browser deletes Cache Storage or a page clears it. P11 ends there, and the region is fetched again. If
 * the ledger is lost, no tile is shown before it was validated (P6).
 */
const LOSES: readonly FaultName[] = ['Cache Storage deleted', 'profile wiped', 'another tab', 'databases lost'];

export interface DaysOptions {
  days: number;
  seed: number;
  /** Plays only these kinds, each in turn. */
  only?: readonly FaultName[];
  sabotage?: Sabotage;
  /** Stops at the first problem. @default true */
  strict?: boolean;
  told?: (day: number, days: Days) => void;
}

/** Plays days with at least one fault each, and looks at the map throughout each day. */
export async function playDays({ days, seed, only, sabotage, strict = true, told }: DaysOptions): Promise<Days> {
  const world = createKioskWorld(seed, sabotage);
  const { random, origin, problems, stats, pass } = world;
  const kinds: Record<FaultName, FaultKind> = FAULTS;
  const active = new Set<FaultName>();
  /** The faults that began and ended last, with their times. */
  const history: string[] = [];
  const seen = Object.fromEntries(NAMES.map((name) => [name, { times: 0, changed: 0 }])) as Days['seen'];
  const most: Growth = {
    entries: 0,
    bytes: 0,
    caches: 0,
    rows: 0,
    rules: 0,
    ids: 0,
    records: 0,
    map: 0,
    timers: 0,
    inFlight: 0,
  };
  const result: Days = {
    problems,
    seen,
    slowest: { after: 0, fault: '' },
    most,
    answers: 0,
    hits: 0,
    covered: { true: 0, false: 0 },
    pinned: { asked: 0, editions: 0 },
  };
  /** Tiles that are certainly stored, each with the number of versions announced until then. */
  let have = new Map<number, number>();
  let versions = 0;
  let day = 0;
  /** Until when a negative answer may hide a tile (P10), or an error may be shown in its place. */
  let holesUntil = 0;
  let last: unknown = origin.manifest(LAYER);
  /** The edition of the region that is certainly stored. */
  let pinnedHeld: string | undefined;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const is = (name: FaultName) => active.has(name);
  const forget = () => (have = new Map());
  const noted = (what: string) => {
    history.push(`${what} at ${Math.round(world.timers.elapsed / SECOND)} s`);
    if (history.length > 6) history.shift();
  };
  /** Returns the time, and the faults of the moment. */
  const circumstances = () =>
    `(day ${day} at ${Math.round(world.timers.elapsed / SECOND)} s, ${[...active].join(' and ') || 'no fault'}; ${history.join(', ')})`;
  const broken = (why: string, shown?: Shown) =>
    problems.push(`${why}${shown ? `: ${JSON.stringify(shown)}` : ''} ${circumstances()}`);

  /** The page reads the manifest, at each look. */
  function poll(): void {
    if (['network', 'hangs', 'body hangs', 'portal', '500', '503', '429'].includes(origin.weather)) return;
    if (is('manifest gone') || is('manifest is no manifest')) return;
    if (!is('manifest lags')) {
      const next = origin.manifest(LAYER);
      if (JSON.stringify(next) !== JSON.stringify(last)) versions += 1;
      last = next;
    }
    world.tell(last);
  }

  const isOrdinary = ({ after, current, way }: Shown) => after === 0 && current && ORDINARY.test(way);

  /** Notes if the origin answers that tiles are missing, even to background requests. */
  function noteHoles(): void {
    if (['404', '204', '500', 'one bad tile'].includes(origin.weather)) holesUntil = world.timers.elapsed + HOLES;
  }

  /** Looks at the map once, and checks what it must show under the faults of the moment. */
  async function look(): Promise<Shown[]> {
    poll();
    const { evicted, life } = world;
    for (const name of active) await kinds[name].look?.(world, forget);
    const before = new Map(have);
    const offline = [...active].join() === 'network gone';
    const covered = offline ? await world.coverage() : [];
    const shown = await world.look();
    const stopped = life !== world.life;
    if (is('a crowd of other maps')) seen['a crowd of other maps'].changed += world.evicted > evicted ? 1 : 0;
    noteHoles();
    const holes = world.timers.elapsed < holesUntil;
    for (const name of active) seen[name].changed += shown.filter((one) => !isOrdinary(one)).length + (stopped ? 1 : 0);
    const now = [...active].map((name) => kinds[name]);
    // Another tab may have purged tiles while they were loading.
    for (const one of stopped ? [] : shown) {
      const keeps = now.every(({ keeps }) => keeps);
      // A tile that has failed through more versions than a layer keeps has no stand-in.
      const isKept = have.has(one.tile) && versions - (before.get(one.tile) ?? -Infinity) <= KEPT;
      if (keeps && isKept && (one.status !== 200 || one.after > PATIENT))
        broken('P9: a stored tile was not shown in time', one);
      if (!holes && now.every(({ answers }) => answers) && (one.status !== 200 || one.after > WITHOUT_STORAGE))
        broken('P8: no tile, although the origin answers', one);
      if (
        is('one tile fails or hangs') &&
        now.length === 1 &&
        one.tile !== 2 &&
        (one.status !== 200 || one.after > PATIENT)
      )
        broken('P12: a bad tile spoiled another', one);
    }
    // If nothing else is wrong, exactly the tiles are answered that are reported as covered.
    if (offline && !stopped)
      for (const one of shown) {
        const said = covered[one.tile];
        if (said === undefined) continue;
        result.covered[`${said}`] += 1;
        if (said !== (one.status === 200))
          broken(`P11: ${said ? 'covered, and not answered' : 'answered, and not covered'}`, one);
      }
    // Wait for work after the answers, such as writing tiles.
    await pass(3 * SECOND);
    if (now.every(({ place }) => place !== 'storage') && !stopped && !is('another tab'))
      for (const { tile, current } of shown) if (current && world.isStored(tile)) have.set(tile, versions);
    // Add the circumstances to problems that the world has noticed.
    problems.forEach((what, i) => {
      if (!what.endsWith(')')) problems[i] = `${what} ${circumstances()}`;
    });
    return shown;
  }

  async function begin(name: FaultName): Promise<void> {
    if (!kinds[name].keeps) forget();
    active.add(name);
    noted(`${name} begins`);
    seen[name].times += 1;
    const { life } = world;
    await kinds[name].begin?.(world);
    if (life !== world.life) seen[name].changed += 1;
  }

  async function end(name: FaultName): Promise<void> {
    noteHoles();
    if (LOSES.includes(name)) pinnedHeld = undefined;
    await kinds[name].end?.(world);
    if (!kinds[name].keeps) forget();
    active.delete(name);
    noted(`${name} ends`);
  }

  /** Waits until every tile is shown as the origin has it now. */
  async function recovers(after: string): Promise<void> {
    const from = world.timers.elapsed;
    for (;;) {
      const shown = await look();
      const took = world.timers.elapsed - 3 * SECOND - from;
      if (shown.every(({ current }) => current)) {
        if (took > result.slowest.after) result.slowest = { after: took, fault: after };
        return;
      }
      if (took > RECOVERS_WITHIN)
        return void broken(`not back ${took / SECOND} s after ${after}: ${JSON.stringify(shown)}`);
      await pass(BETWEEN - 3 * SECOND);
    }
  }

  async function playFault(name: FaultName): Promise<void> {
    const lasting = pick(LASTING);
    const looks = 3 + Math.floor(random() * 3);
    await begin(name);
    const places = new Set([kinds[name].place]);
    const second = !only && random() < 0.3 ? pick(NAMES.filter((other) => !places.has(kinds[other].place))) : undefined;
    for (let i = 0; i < looks; i += 1) {
      if (second && i === 1) await begin(second);
      await look();
      await pass(lasting / looks);
      if (second && i === looks - 2) await end(second);
    }
    await end(name);
    await recovers(second ? `${name} and ${second}` : name);
  }

  /** P11: whatever has happened, the region keeps its last edition until a new one is complete. */
  async function lookAtPinned(): Promise<void> {
    const whole = async (when: string, ...allowed: string[]) => {
      const editions = [...(await world.pinned())];
      if (editions.length !== 1 || !allowed.includes(editions[0] ?? 'none'))
        broken(`P11: ${when} the region is answered out of ${editions.map((one) => one ?? 'nothing').join(' and ')}`);
      result.pinned.asked += 1;
    };
    const held = pinnedHeld;
    // A worker notices a deletion when it starts.
    if (!held) world.restart();
    if (held) await whole('at the end of the day', held);
    if (random() < 0.4) {
      await world.updatePinned();
      result.pinned.editions += 1;
    }
    // Stop the worker somewhere on the way, and continue.
    await world.keepPinned(1 + Math.floor(random() * 60));
    if (held) await whole('half way', held, world.pinnedEdition);
    if (!(await world.keepPinned(0))) return void broken('P11: the region is not complete by the end of the day');
    await whole('complete,', ...(held ? [held] : []), world.pinnedEdition);
    pinnedHeld = [...(await world.pinned())][0];
  }

  try {
    for (day = 1; day <= days && problems.length <= (strict ? 0 : 200); day += 1) {
      const faults = only
        ? [only[(day - 1) % only.length]!]
        : Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(NAMES));
      for (let hour = 0; hour < 24; hour += 4) {
        if (random() < 0.2) origin.publish(random() < 0.5 ? 'all' : 'box');
        await world.stroll(2);
        await look();
        if (faults.length > 0 && random() < 0.3) await playFault(faults.pop()!);
        await pass(4 * HOUR - 10 * SECOND);
      }
      for (const name of faults) await playFault(name);
      await pass(60 * SECOND);
      await lookAtPinned();
      const grown = await world.measure();
      for (const key of Object.keys(most) as (keyof Growth)[]) most[key] = Math.max(most[key], grown[key]);
      Object.assign(result, { answers: stats.answers, hits: stats.hits });
      told?.(day, result);
    }
  } finally {
    world.end();
  }
  return result;
}
