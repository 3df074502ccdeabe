import { TileCacheError } from '../../src/shared/errors';
import { type MoveInCommand, readMoveIn } from '../../src/shared/move-in';
import { createJob, type Job } from './job';
import { createMovedStore, type MovedStore } from './moved-store';
import { createOnce } from '../util/once';
import { createSource } from './sources';
import type { MovedTiles, MoveInSurroundings, MoveInTools } from './tools';

/** Number of moves that the worker remembers; each page may have started one. */
const MAX_JOBS = 4;

export function createMoveIn({ caches, origin, timers }: MoveInSurroundings): MovedTiles {
  const once = createOnce();
  const jobs = new Map<string, Promise<Job>>();
  let moved: MovedStore | undefined;
  let tools: MoveInTools | undefined;

  const jobOf = (command: MoveInCommand): Promise<Job> => {
    // List the store again for each pass: tiles may have been added or deleted since the last one.
    const id = `${command.job} ${command.pass}`;
    let job = jobs.get(id);
    if (!job) {
      job = createJob(command, createSource(command, { caches, timers, origin }), moved!, tools!);
      jobs.set(id, job);
      job.catch(() => jobs.delete(id));
      if (jobs.size > MAX_JOBS) jobs.delete(jobs.keys().next().value as string);
    }
    return job;
  };

  const run = async (data: Record<string, unknown>) => {
    const { type: _, id: __, ...rest } = data;
    const command = readMoveIn(rest);
    try {
      const state = tools && (await tools.ledger.load());
      if (!state) throw new Error('the ledger cannot be read');
      return await (await jobOf(command)).run(command, state);
    } catch (cause) {
      if (cause instanceof TileCacheError) throw cause;
      // Report only the error's name: its message may contain a URL.
      const name = String((cause as Error | undefined)?.name ?? 'unknown');
      throw new TileCacheError(
        {
          code: 'STORAGE_FAILED',
          message: `The browser's storage failed or does not answer (${name}).`,
          remedy: 'The tiles taken so far are kept. Call moveIn again later to take the rest.',
        },
        { cause },
      );
    }
  };

  return {
    around(store) {
      moved = createMovedStore(store, origin, timers);
      return moved.store;
    },
    connect: (given) => void (tools = given),
    command: (data) => once(data['id'], () => run(data)),
  };
}
