// Simulates months of an unattended sign in a second: the real watchdog over a failing map, worker and browser.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReloadBudget } from '../../../src/client/reload-budget';
import { LADDERS, createDoctor, type Symptom } from '../../../src/kiosk/ladder';
import { createProbes } from '../../../src/kiosk/probes';
import { createWatchdog, type Remedies } from '../../../src/kiosk/watchdog';
import type { KioskBinding, KioskClient } from '../../../src/kiosk/types';
import { fakeStorage } from '../fake-storage';

/** The fault, and the remedy that repairs it; `never`: it only ends by itself. */
type Cure = 'refresh' | 'redraw' | 'check' | 'update' | 'replace' | 'reload' | 'never';
interface Fault {
  symptom: Symptom;
  cure: Cure;
  /** Seconds. */
  at: number;
  lasts: number;
}

const DAY = 86_400;
const fault: fc.Arbitrary<Fault> = fc.constantFrom(...(Object.keys(LADDERS) as Symptom[])).chain((symptom) =>
  fc.record({
    symptom: fc.constant(symptom),
    cure: fc.constantFrom<Cure>(...LADDERS[symptom], 'never'),
    at: fc.integer({ min: 0, max: 3 * DAY }),
    lasts: fc.constantFrom(5, 60, 900, 7200, DAY),
  }),
);

/** A sign with faults; every part of the page has the same clock. */
function sign(faults: readonly Fault[], { storage = true, pageThere = () => true as boolean } = {}) {
  let time = 0;
  const seconds = () => time;
  /** A request to a hanging worker: the page's time limit ends it. */
  let unanswered: Array<(error: Error) => void> = [];
  const healed = new Set<Fault>();
  const active = (symptom: Symptom) =>
    faults.some(
      (one) => one.symptom === symptom && !healed.has(one) && seconds() >= one.at && seconds() < one.at + one.lasts,
    );
  const budget = createReloadBudget(storage ? fakeStorage() : undefined, () => 1e12 + time * 1000);
  const done: Array<{ at: number; remedy: string }> = [];
  const heals = (remedy: Cure) => () => {
    done.push({ at: seconds(), remedy });
    for (const one of faults) if (one.cure === remedy && seconds() >= one.at) healed.add(one);
  };
  const reload = (remedy: 'reload' | 'replace') => () => {
    if (budget.wait() > 0) throw new Error('too early');
    if (!pageThere()) throw new Error('no page');
    if (!budget.take()) throw new Error('not counted');
    heals(remedy)();
    if (remedy === 'replace')
      for (const one of faults) if (one.cure === 'reload' && seconds() >= one.at) healed.add(one);
  };
  const remedies: Remedies = {
    refresh: heals('refresh'),
    redraw: heals('redraw'),
    check: heals('check'),
    update: heals('update'),
    replace: reload('replace'),
    reload: reload('reload'),
  };
  let checked = () => {};
  const container = Object.assign(new EventTarget(), { querySelectorAll: () => [] });
  const canvas = Object.assign(new EventTarget(), { isConnected: true });
  const client = {
    state: 'active',
    status: () => ({
      offline: false,
      layers: { roads: { shown: [{ missing: active('blank') || undefined, tile: { z: 0, x: 0, y: 0 } }] } },
    }),
    check: async () => {},
    workerStatus: () =>
      active('worker') ? new Promise((_, reject) => void unanswered.push(reject)) : Promise.resolve({}),
    usage: async () => ({ layers: { roads: { tiles: 1 } } }),
    on: (event: string, run: () => void) => {
      if (event === 'versioncheck') checked = run;
      return () => {};
    },
  } as unknown as KioskClient;
  const binding = {
    layer: 'roads',
    tiles: () => [{ z: 0, x: 0, y: 0 }],
    refresh: () => {},
    view: () => ({ container }),
  } as unknown as KioskBinding;
  const probes = createProbes({
    bindings: [binding],
    client,
    now: seconds,
    sleep: async (milliseconds) => {
      if (!active('worker')) return new Promise(() => {});
      time += milliseconds / 1000;
    },
    checkWithin: 900,
    maxHeap: 0.9,
    heap: () => ({ used: active('memory') ? 95 : 10, limit: 100 }),
  });
  const dog = createWatchdog({
    probes: {
      ...probes,
      async run() {
        // The actions of the browser between two looks.
        if (!active('check')) checked();
        const event = new Event(active('context') ? 'webglcontextlost' : 'webglcontextrestored');
        Object.defineProperty(event, 'target', { value: canvas });
        container.dispatchEvent(event);
        return probes.run();
      },
    },
    remedies,
    every: 5000,
    now: seconds,
    setTimeout: () => undefined,
    clearTimeout: () => undefined,
  });
  /** Makes one look, and waits until the next. */
  const step = async (pause: number) => {
    await dog.look();
    for (const reject of unanswered) reject(new Error('TIMEOUT'));
    unanswered = [];
    await Promise.resolve();
    time += pause;
  };
  return { dog, done, seconds, active, step };
}

const runs = Number(process.env['KIOSK_RUNS'] ?? 8);

describe('a sign, for days', () => {
  it('is healthy again soon after the end of each fault, without a loop', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 12 }), async (faults) => {
        const { dog, done, seconds, active, step } = sign(faults);
        const end = 3 * DAY + DAY + 7200;
        while (seconds() < end) {
          const busy = (Object.keys(LADDERS) as Symptom[]).some(active) || dog.status().symptoms.length > 0;
          await step(busy ? 5 : 60);
        }
        expect(dog.status().symptoms).toEqual([]);
        const reloads = done.filter(({ remedy }) => remedy === 'reload' || remedy === 'replace');
        // Whatever the faults, never more than six within any hour.
        for (const { at } of reloads)
          expect(reloads.filter((other) => other.at >= at && other.at < at + 3600).length).toBeLessThanOrEqual(6);
        dog.stop();
      }),
      { numRuns: runs },
    );
  });

  it.each(Object.entries(LADDERS).flatMap(([symptom, ladder]) => ladder.map((cure) => [symptom as Symptom, cure])))(
    '%s is repaired by %s, after the gentler remedies',
    async (symptom, cure) => {
      const { dog, done, step } = sign([{ symptom: symptom as Symptom, cure: cure as Cure, at: 100, lasts: DAY }]);
      const seen: string[] = [];
      dog.on('symptom', (what) => seen.push(what.symptom));
      dog.on('well', ({ after }) => seen.push(`well after ${after}`));
      for (let i = 0; i < 700 && !seen.some((what) => what.startsWith('well')); i++) await step(5);
      const ladder = LADDERS[symptom as Symptom];
      expect([...new Set(done.map(({ remedy }) => remedy))]).toEqual(
        ladder.slice(0, ladder.indexOf(cure as never) + 1),
      );
      expect(seen[0]).toBe(symptom);
      expect(seen.at(-1)).toBe(`well after ${symptom}`);
      dog.stop();
    },
  );

  it('a permanent fault costs few reloads, and none if they cannot be counted or the page is unavailable', async () => {
    const hopeless: Fault = { symptom: 'blank', cure: 'never', at: 0, lasts: 10 * DAY };
    const day = async (rest: Parameters<typeof sign>[1]) => {
      const { dog, done, seconds, step } = sign([hopeless], rest);
      while (seconds() < DAY) await step(20);
      dog.stop();
      return done.filter(({ remedy }) => remedy === 'reload').length;
    };
    const reloads = await day({});
    expect(reloads).toBeGreaterThan(10);
    expect(reloads).toBeLessThan(90);
    expect(await day({ storage: false })).toBe(0);
    expect(await day({ pageThere: () => false })).toBe(0);
  });
});

describe('the doctor', () => {
  it('waits before the first remedy, and longer each time', () => {
    const doctor = createDoctor();
    const ill = new Set<Symptom>(['blank']);
    const times: number[] = [];
    for (let now = 0; now < 3600; now++) if (doctor.look(ill, now)) times.push(now);
    expect(times[0]).toBe(20);
    const pauses = times.slice(1).map((at, i) => at - times[i]!);
    expect(pauses.slice(0, 6)).toEqual([10, 20, 40, 80, 160, 320]);
    expect(pauses.at(-1)).toBe(600);
  });

  it('starts over after two minutes of health, not before', () => {
    const doctor = createDoctor();
    const ill = new Set<Symptom>(['blank']);
    let last: string | undefined;
    for (let now = 0; now <= 30; now++) last = doctor.look(ill, now)?.remedy ?? last;
    expect(last).toBe('redraw');
    doctor.look(new Set(), 31);
    for (let now = 60; now < 100; now++) last = doctor.look(ill, now)?.remedy ?? last;
    expect(last).toBe('update');
    for (let now = 100; now <= 300; now++) doctor.look(new Set(), now);
    for (let now = 301; now <= 321; now++) last = doctor.look(ill, now)?.remedy ?? last;
    expect(last).toBe('refresh');
  });
});

describe('a remedy', () => {
  const watch = (check: () => Promise<void>) => {
    let time = 0;
    const timers: Array<() => void> = [];
    const dog = createWatchdog({
      probes: { run: async () => new Set<Symptom>(['check']), stop: () => {} },
      remedies: { check, reload: () => {} } as unknown as Remedies,
      every: 5000,
      now: () => time,
      setTimeout: (run) => timers.push(run),
      clearTimeout: () => {},
    });
    const heals: Array<{ done: boolean; remedy: string }> = [];
    dog.on('heal', ({ remedy, done }) => heals.push({ remedy, done }));
    return { dog, heals, timers, pass: (seconds: number) => (time += seconds) };
  };

  it('that throws is reported, and the next one still follows', async () => {
    const { dog, heals, pass } = watch(async () => {
      throw new Error('no');
    });
    for (let i = 0; i < 8; i++) {
      await dog.look();
      pass(5);
    }
    expect(heals.slice(0, 2)).toEqual([
      { remedy: 'check', done: false },
      { remedy: 'reload', done: true },
    ]);
    expect(dog.status().heals).toMatchObject({ check: 0, reload: 1 });
  });

  it('is not tried after the listener of another symptom has stopped the watch', async () => {
    let time = 0;
    let found: Symptom[] = ['check'];
    const tried: string[] = [];
    const dog = createWatchdog({
      probes: { run: async () => new Set(found), stop: () => {} },
      remedies: { check: () => void tried.push('check') } as unknown as Remedies,
      every: 5000,
      now: () => time,
      setTimeout: () => undefined,
      clearTimeout: () => {},
    });
    dog.on('symptom', ({ symptom }) => void (symptom === 'memory' && dog.stop()));
    await dog.look();
    time = 11;
    found = ['check', 'memory'];
    await dog.look();
    expect(tried).toEqual([]);
  });

  it('that hangs is abandoned', async () => {
    const { dog, heals, timers, pass } = watch(() => new Promise(() => {}));
    await dog.look();
    pass(11);
    const looking = dog.look();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heals).toEqual([]);
    for (const run of timers.splice(1)) run();
    await looking;
    expect(heals).toEqual([{ remedy: 'check', done: false }]);
    dog.stop();
  });
});
