import { createKioskWorld, type Growth, type Sabotage, type Shown } from './kiosk-world';
import { FAULTS, type FaultKind, type FaultName, NAMES } from './kiosk-faults';
import { LAYER } from './network-model';

/** What days come to. */
export interface Days {
  /** Broken promises, each with its day and what was wrong then. */
  problems: string[];
  /** How often each kind came, and how many answers went another way than on a day without faults, or lives ended. */
  seen: Record<FaultName, { times: number; changed: number }>;
  /** The longest time until the map was back after a fault, in milliseconds. */
  slowest: { after: number; fault: string };
  /** The most of everything at the end of a day. */
  most: Growth;
  answers: number;
  hits: number;
  /** Tiles that were said to be covered, or not, while there was no network. */
  covered: { true: number; false: number };
  /** Days at whose end the region was asked for without a network, and editions that it had. */
  pinned: { asked: number; editions: number };
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** Milliseconds between two looks after a fault; a sign that heals does not wait longer. */
const BETWEEN = 5 * SECOND;
/** The map is back within so many milliseconds. */
const BACK_WITHIN = 30 * SECOND;
/** Above the layer's patience by some turns of slow storage. */
const PATIENT = 1000;
/** The layer's `negativeMaxAge`, in milliseconds. */
const HOLES = 15 * SECOND;
/** Versions of a layer that are kept behind the one in force. */
const KEPT = 2;
/** A page without storage waits so long at most, in milliseconds. */
const WITHOUT_STORAGE = 15 * SECOND;
/** Ways of tiles on a day without faults: out of the store, or validated, or asked for under a new version. */
const ORDINARY = /^(hit|fwd=stale; fwd-status=(200|304))$/;
/** How long faults last, in milliseconds. */
const LASTING = [20 * SECOND, 2 * 60 * SECOND, 20 * 60 * SECOND, 3 * HOUR];

/**
 * The browser has deleted what lies in Cache Storage, or a page has cleared it: P11 ends there, and the region is fetched
 * again. Where the ledger is lost, nothing is shown before it was validated (P6).
 */
const LOSES: readonly FaultName[] = ['Cache Storage deleted', 'profile wiped', 'another tab', 'databases lost'];

export interface DaysOptions {
  days: number;
  seed: number;
  /** Only these kinds, each in its turn. */
  only?: readonly FaultName[];
  sabotage?: Sabotage;
  /** Stops at the first problem. @default true */
  strict?: boolean;
  told?: (day: number, days: Days) => void;
}

/** Plays days with at least one fault each, and looks at the sign all day long. */
export async function playDays({ days, seed, only, sabotage, strict = true, told }: DaysOptions): Promise<Days> {
  const world = createKioskWorld(seed, sabotage);
  const { random, origin, problems, stats, pass } = world;
  const kinds: Record<FaultName, FaultKind> = FAULTS;
  const active = new Set<FaultName>();
  /** What began and ended lately, and when. */
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
  /** Tiles that are stored for sure, each with the number of versions that had been told then. */
  let have = new Map<number, number>();
  let versions = 0;
  let day = 0;
  /** Until when an answer that there is no tile may hide one (P10), or an error stand in its place. */
  let holesUntil = 0;
  let last: unknown = origin.manifest(LAYER);
  /** The edition of the region that is stored for sure. */
  let pinnedHeld: string | undefined;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const is = (name: FaultName) => active.has(name);
  const forget = () => (have = new Map());
  const noted = (what: string) => {
    history.push(`${what} at ${Math.round(world.timers.elapsed / SECOND)} s`);
    if (history.length > 6) history.shift();
  };
  /** When it was, and under what. */
  const circumstances = () =>
    `(day ${day} at ${Math.round(world.timers.elapsed / SECOND)} s, ${[...active].join(' and ') || 'no fault'}; ${history.join(', ')})`;
  const broken = (why: string, shown?: Shown) =>
    problems.push(`${why}${shown ? `: ${JSON.stringify(shown)}` : ''} ${circumstances()}`);

  /** The page reads the manifest, as often as it looks. */
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

  /** The origin says that there is no tile, also to what the worker asks behind the answers. */
  function noteHoles(): void {
    if (['404', '204', '500', 'one bad tile'].includes(origin.weather)) holesUntil = world.timers.elapsed + HOLES;
  }

  /** One look at the map, and what it has to show under the faults of the moment. */
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
    // A purge of another tab may have come while the tiles were on their way.
    for (const one of stopped ? [] : shown) {
      const keeps = now.every(({ keeps }) => keeps);
      // What has failed through more versions than a layer keeps has no stand-in any more.
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
    // Nothing else is wrong: what is said to be covered is answered, and nothing else is.
    if (offline && !stopped)
      for (const one of shown) {
        const said = covered[one.tile];
        if (said === undefined) continue;
        result.covered[`${said}`] += 1;
        if (said !== (one.status === 200))
          broken(`P11: ${said ? 'covered, and not answered' : 'answered, and not covered'}`, one);
      }
    // What comes behind the answers, the writing among it.
    await pass(3 * SECOND);
    if (now.every(({ place }) => place !== 'storage') && !stopped && !is('another tab'))
      for (const { tile, current } of shown) if (current && world.isStored(tile)) have.set(tile, versions);
    // What the world itself has noticed.
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

  /** The map is back when every tile is shown as the origin has it now. */
  async function comesBack(after: string): Promise<void> {
    const from = world.timers.elapsed;
    for (;;) {
      const shown = await look();
      const took = world.timers.elapsed - 3 * SECOND - from;
      if (shown.every(({ current }) => current)) {
        if (took > result.slowest.after) result.slowest = { after: took, fault: after };
        return;
      }
      if (took > BACK_WITHIN)
        return void broken(`not back ${took / SECOND} s after ${after}: ${JSON.stringify(shown)}`);
      await pass(BETWEEN - 3 * SECOND);
    }
  }

  async function suffer(name: FaultName): Promise<void> {
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
    await comesBack(second ? `${name} and ${second}` : name);
  }

  /** P11: what the region held last it holds until it is whole anew, whatever the day has brought. */
  async function lookAtPinned(): Promise<void> {
    const whole = async (when: string, ...allowed: string[]) => {
      const editions = [...(await world.pinned())];
      if (editions.length !== 1 || !allowed.includes(editions[0] ?? 'none'))
        broken(`P11: ${when} the region is answered out of ${editions.map((one) => one ?? 'nothing').join(' and ')}`);
      result.pinned.asked += 1;
    };
    const held = pinnedHeld;
    // What was deleted under a worker it notices when it starts.
    if (!held) world.restart();
    if (held) await whole('at the end of the day', held);
    if (random() < 0.4) {
      await world.updatePinned();
      result.pinned.editions += 1;
    }
    // Stopped somewhere on the way, and gone on with.
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
        if (faults.length > 0 && random() < 0.3) await suffer(faults.pop()!);
        await pass(4 * HOUR - 10 * SECOND);
      }
      for (const name of faults) await suffer(name);
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
