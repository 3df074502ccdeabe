import { type ErrorRecord, errorRecord } from '../../src/shared/errors';
import type { Publication } from './publication';
import type { Publish, PublishReport, PublishStep } from './publish';

/** Finished jobs that are remembered. */
const MAX_JOBS = 200;

/** A publication that is running or has ended, as `GET /api/publish/{id}` returns it. */
export interface PublishJob {
  /** The job's id, for `GET /api/publish/{id}`. */
  id: string;
  /** The layer's name. */
  layer: string;
  /** Whether the job is still running, has ended with a report, or has failed with an error. */
  state: 'running' | 'done' | 'failed';
  /** Epoch milliseconds at which the job started. */
  startedAt: number;
  /** The steps that have ended so far. */
  steps: PublishStep[];
  /** The report of the publication; its `ok` says whether every step succeeded. */
  report?: PublishReport;
  /** The error with which the publication was refused or broke off. */
  error?: ErrorRecord;
}

/** A job as the handler uses it. */
export interface RunningJob {
  job: PublishJob;
  /** Settles as the publication does. */
  result: Promise<PublishReport>;
  /** Calls `listener` with each step that ends from now on. */
  onStep(listener: (step: PublishStep) => void): void;
}

/** Starts publications and remembers their outcomes, so that no client has to keep a connection open. */
export interface Jobs {
  start(publication: Publication): RunningJob;
  get(id: string): PublishJob | undefined;
  running(): PublishJob[];
}

export function createJobs(publish: Publish, now: () => number): Jobs {
  const jobs = new Map<string, PublishJob>();

  function remember(job: PublishJob): void {
    jobs.set(job.id, job);
    // Forget the oldest jobs that have ended. Clients still ask for running ones.
    for (const [id, { state }] of jobs) {
      if (jobs.size <= MAX_JOBS) break;
      if (state !== 'running') jobs.delete(id);
    }
  }

  return {
    start(publication) {
      const id = crypto.randomUUID();
      const job: PublishJob = { id, layer: publication.layer, state: 'running', startedAt: now(), steps: [] };
      const listeners: Array<(step: PublishStep) => void> = [];
      remember(job);
      const result = publish(publication, (step) => {
        job.steps.push(step);
        for (const listener of listeners) listener(step);
      });
      result.then(
        (report) => void Object.assign(job, { state: 'done', report }),
        (error: unknown) => void Object.assign(job, { state: 'failed', error: errorRecord(error) }),
      );
      return { job, result, onStep: (listener) => void listeners.push(listener) };
    },
    get: (id) => jobs.get(id),
    running: () => [...jobs.values()].filter(({ state }) => state === 'running'),
  };
}
