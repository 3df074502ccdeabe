import { errorRecord } from '../../src/shared/errors';
import { printable } from '../purge/words';
import type { PublicationPlan } from './plan';

/** One step of a publication, as it is reported. */
export interface PublishStep {
  /** Which step. */
  step: 'plan' | 'look' | 'stage' | 'clear' | 'ready' | 'tags' | 'purge' | 'verify' | 'announce';
  /** It succeeded. */
  ok: boolean;
  /** Epoch milliseconds. */
  startedAt: number;
  /** How long it took, in seconds. */
  seconds: number;
  /** What it did, or why it failed, for people. */
  detail: string;
  /** Which CDN, where the step is a purge. */
  cdn?: string;
  /** Seconds until the edge had let go of the old tiles; of the step `verify`. */
  purgeLatency?: number;
}

/** What a publication came to. */
export interface PublishReport {
  /** Every step succeeded. */
  ok: boolean;
  /** The layer's name. */
  layer: string;
  /** The version in force after it. */
  version: string | undefined;
  /** The version in force before it. */
  previous: string | undefined;
  /** The layer's revision after it. */
  revision: number | undefined;
  /** False: a repetition, or nothing had changed; the version stays as it was. */
  applied: boolean;
  /** How much was published. */
  plan?: PublicationPlan['kind'];
  /** What was done, in order. */
  steps: PublishStep[];
}

/** What a step comes to: words for a success, or the failure it found by itself. */
export type StepResult = string | { ok: boolean; detail: string; purgeLatency?: number };
/** Runs a step, tells it and says whether it succeeded. */
export type Timed = (step: PublishStep['step'], act: () => Promise<StepResult>, cdn?: string) => Promise<boolean>;

/** Runs a step; a failure is reported and does not stop what comes behind it. */
export function createTimer(now: () => number, tell: (step: PublishStep) => void): Timed {
  return async (step, act, cdn) => {
    const startedAt = now();
    const result = await act().catch((error: unknown): StepResult => ({
      ok: false,
      detail: errorRecord(error).message,
    }));
    const { ok, detail, purgeLatency } =
      typeof result === 'string'
        ? { ok: true, detail: result, purgeLatency: undefined }
        : { purgeLatency: undefined, ...result };
    tell({
      step,
      ok,
      startedAt,
      seconds: (now() - startedAt) / 1000,
      // An edge's labels and types, a hook's own error: strangers' words among ours.
      detail: printable(detail),
      ...(cdn !== undefined && { cdn }),
      ...(purgeLatency !== undefined && { purgeLatency }),
    });
    return ok;
  };
}

/** What a publication is about, in words. */
export function describe({ kind, boxes, list, urls, byTag }: PublicationPlan, tags: number): string {
  const what = {
    layer: 'the whole layer',
    bbox:
      list !== undefined ? 'the tiles of a list' : boxes ? `${boxes.length} parts of the layer` : 'a part of the layer',
    metadata: 'metadata only',
  }[kind];
  return `${what}${urls ? `, ${urls.length} URLs` : byTag ? `, by tag (${byTag})` : ''}${tags ? `, ${tags} further tags` : ''}`;
}
