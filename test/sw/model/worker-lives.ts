import { createHash } from 'node:crypto';
import { assemble, type Assembled, type Surroundings } from '../../../sw/assemble';
import type { TileCacheOptions } from '../../../sw/options';
import { FakeCacheStorage } from '../fakes/fake-caches';
import type { Databases } from './hanging-database';
import { ORIGIN } from './network-model';

/** Awaited before each effect. Never resolves in a life that has ended, and may reject as the effect would. */
export type Pause = (what: string) => Promise<void>;

export interface LivesParts {
  storage: FakeCacheStorage;
  /** Awaited before every effect of a worker. */
  wait: Pause;
  /** Real databases, which know the life that uses them. */
  databases?: Databases | undefined;
  options: (life: number) => TileCacheOptions;
  /** Requests of one `lane` must not be in flight twice (P5). */
  fetch: (request: Request, lane: string, pause: Pause) => Promise<Response>;
  around: (pause: Pause, life: number) => Omit<Surroundings, 'scope' | 'origin' | 'fetch' | 'caches'>;
}

/** The worker of one browser over its lives. Each start ends the previous life at its current await. */
export function createLives({ storage, wait, databases, options, fetch, around }: LivesParts) {
  let life = 0;
  let unshared = 0;
  // A stopped worker never returns from an await.
  const pauseIn = (mine: number) => async (what: string) => {
    if (mine !== life) return new Promise<void>(() => {});
    await wait(what);
    if (mine !== life) return new Promise<void>(() => {});
  };
  const inLife = <T>(mine: number, work: () => T): T => (databases ? databases.run(mine, work) : work());
  return {
    get current() {
      return life;
    },
    inLife,
    start(): Assembled {
      life += 1;
      const mine = life;
      const pause = pauseIn(mine);
      const view = new FakeCacheStorage(pause);
      // All lives share one disk. Each has its own handles and awaits.
      Object.assign(view, { caches: storage.caches });
      // Without an answer of the ledger, the epoch is unknown, and so is which requests may share a flight.
      const laneOf = (epoch: number | undefined) => `${mine} ${epoch ?? `unshared ${(unshared += 1)}`}`;
      const worker: Assembled = inLife(mine, () =>
        assemble(options(mine), {
          scope: `${ORIGIN}/`,
          origin: ORIGIN,
          fetch: (request) => fetch(request, laneOf(worker.ledger.state?.epoch), pause),
          caches: view.asStorage(),
          ...around(pause, mine),
        }),
      );
      return worker;
    },
  };
}

/** Hashes that resolve when `pause` does, and not when a thread has computed them. */
export const hashesIn = (pause: Pause): Pick<SubtleCrypto, 'digest'> => ({
  async digest(_, data) {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    const { buffer } = Uint8Array.from(createHash('sha256').update(bytes).digest());
    await pause('hash');
    return buffer;
  },
});
