import type { KioskWorld } from './kiosk-world';
import type { Weather } from './origin-model';

/** The place of a fault. Two faults of one place do not occur together. */
type Place = 'network' | 'manifest' | 'clock' | 'worker' | 'storage' | 'page';

/** A kind of fault. */
export interface FaultKind {
  place: Place;
  /** Whether the worker can read its stored tiles, and must show them within its patience (P9). */
  keeps: boolean;
  /** Whether the origin answers correctly, so that the map must be complete, stored or not (P8). */
  answers: boolean;
  begin?(world: KioskWorld): unknown;
  /** Runs before each look at the map while the fault lasts. */
  look?(world: KioskWorld, forgotten: () => void): unknown;
  end?(world: KioskWorld): unknown;
}

const DAY = 86_400_000;

const weather = (place: Weather, more: Partial<FaultKind> = {}): FaultKind => ({
  place: 'network',
  keeps: true,
  answers: false,
  begin: ({ origin }) => (origin.weather = place),
  end: ({ origin }) => (origin.weather = 'ok'),
  ...more,
});

const clock = (milliseconds: (now: number) => number): FaultKind => ({
  place: 'clock',
  keeps: true,
  answers: true,
  begin({ clock }) {
    clock.skew = milliseconds(clock.now);
    clock.now += clock.skew;
  },
  end({ clock }) {
    clock.now -= clock.skew;
    clock.skew = 0;
  },
});

const cacheStorage = (which: RegExp, fail: (name: string) => Promise<void>): FaultKind => ({
  place: 'storage',
  keeps: false,
  answers: true,
  begin: (world) => (world.storageFault = (what) => (which.test(what) ? fail(what) : undefined)),
  end: (world) => (world.storageFault = undefined),
});

const quota = () => Promise.reject(new DOMException('no room', 'QuotaExceededError'));
const manifest = (more: Pick<FaultKind, 'begin' | 'look' | 'end'> = {}): FaultKind => ({
  place: 'manifest',
  keeps: true,
  answers: true,
  ...more,
});

/** Some thirty faults of a sign. Those of the manifest concern the page, which `kiosk-days` plays. */
export const FAULTS = {
  'network gone': weather('network'),
  'network slow': weather('slow'),
  'network hangs before the head': weather('hangs'),
  'network hangs in the body': weather('body hangs'),
  'every second request fails': weather('flaky'),
  'one tile fails or hangs': weather('one bad tile'),
  'status 500': weather('500'),
  'status 503': weather('503'),
  'status 429': weather('429'),
  'status 404': weather('404', { keeps: false }),
  'status 204': weather('204', { keeps: false }),
  'captive portal': weather('portal'),
  'wrong type': weather('wrong type'),
  'bodies cut short': weather('truncated'),
  'an edge that lags': weather('lags', {
    begin: ({ origin }) => {
      origin.publish('all');
      origin.weather = 'lags';
    },
  }),
  'publication storm': manifest({
    look: ({ origin, random }) => {
      for (let i = 0; i < 8; i += 1) origin.publish(random() < 0.5 ? 'all' : 'box');
    },
  }),
  rollback: manifest({ begin: ({ origin }) => origin.rollback(), end: ({ origin }) => origin.publish('all') }),
  'manifest gone': manifest({ begin: ({ origin }) => origin.publish('all') }),
  'manifest is no manifest': manifest({ begin: ({ origin }) => origin.publish('box') }),
  'manifest lags': manifest({ begin: ({ origin }) => origin.publish('all') }),
  'clock at 1970': clock((now) => DAY - now),
  'clock a year ahead': clock(() => 365 * DAY),
  'clock an hour behind': clock(() => -DAY / 24),
  'worker stopped': {
    place: 'worker',
    keeps: true,
    answers: true,
    look: (world) => world.killIn(1 + Math.floor(world.random() * 40)),
    end: (world) => world.killIn(0),
  },
  'worker restarted each time': {
    place: 'worker',
    keeps: true,
    answers: true,
    look: (world) => world.restart(),
  },
  'new generation': { place: 'worker', keeps: true, answers: true, begin: (world) => world.deploy() },
  'databases hang': {
    place: 'storage',
    keeps: false,
    answers: true,
    begin: (world) => {
      world.databases.hangs = true;
      world.restart();
    },
    end: (world) => {
      world.databases.hangs = false;
      world.restart();
    },
  },
  'databases broken': {
    place: 'storage',
    keeps: false,
    answers: true,
    begin: (world) => (world.databases.fails = 'always'),
    end: (world) => (world.databases.fails = undefined),
  },
  'databases full': {
    place: 'storage',
    keeps: false,
    answers: true,
    begin: (world) => (world.databases.fails = 'full'),
    end: (world) => (world.databases.fails = undefined),
  },
  'databases lost': { place: 'storage', keeps: false, answers: true, begin: (world) => world.loseDatabases() },
  'Cache Storage fails': cacheStorage(/./, () => Promise.reject(new DOMException('broken', 'UnknownError'))),
  // New tiles arrive, and there is no room for them.
  'Cache Storage full': {
    ...cacheStorage(/^put/, quota),
    begin: (world) => {
      world.storageFault = (what) => (what.startsWith('put') ? quota() : undefined);
      world.origin.publish('all');
      world.restart();
    },
  },
  'Cache Storage hangs': cacheStorage(/./, () => new Promise(() => {})),
  'Cache Storage deleted': {
    place: 'storage',
    keeps: false,
    answers: true,
    begin: ({ storage }) => storage.caches.clear(),
  },
  'profile wiped': { place: 'storage', keeps: false, answers: true, begin: (world) => world.wipe() },
  'another tab': {
    place: 'page',
    keeps: true,
    answers: true,
    look(world, forgotten) {
      const part = world.random() < 0.5 ? 'all' : 'box';
      const what = world.random();
      if (what < 0.4) world.invalidate(part, 'purge', forgotten);
      else if (what < 0.8) world.invalidate(part, 'stale', forgotten);
      else world.clear(forgotten);
      void world.look();
    },
  },
  'a crowd of other maps': { place: 'page', keeps: true, answers: true, look: (world) => world.stroll(60) },
} satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof FAULTS;
export const NAMES = Object.keys(FAULTS) as FaultName[];
