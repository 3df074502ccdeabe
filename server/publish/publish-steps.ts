import { errorRecord } from '../../src/shared/errors';
import { printable } from '../purge/words';
import type { PublicationPlan } from './plan';

/** One step of a publication, as reports show it. */
export interface PublishStep {
  /** The name of the step. */
  step: 'plan' | 'look' | 'stage' | 'clear' | 'ready' | 'tags' | 'purge' | 'verify' | 'announce';
  /** Whether the step succeeded. */
  ok: boolean;
  /** Epoch milliseconds at which the step started. */
  startedAt: number;
  /** Seconds that the step took. */
  seconds: number;
  /** The outcome of the step, or the reason of its failure, in words. */
  detail: string;
  /** The CDN's name, if the step is a purge. */
  cdn?: string;
  /** Seconds until the edge had dropped the old tiles; only in the step `verify`. */
  purgeLatency?: number;
}

/** The report of a publication. */
export interface PublishReport {
  /** Whether every step succeeded. */
  ok: boolean;
  /** The layer's name. */
  layer: string;
  /** The version in force after the publication. */
  version: string | undefined;
  /** The version in force before the publication. */
  previous: string | undefined;
  /** The layer's revision after the publication. */
  revision: number | undefined;
  /** `false` for a repetition or if nothing had changed: the version stays as it was. */
  applied: boolean;
  /** What was published: the whole layer, a part of it, or its metadata. */
  plan?: PublicationPlan['kind'];
  /** The steps, in order. */
  steps: PublishStep[];
}

/** The result of a step: a sentence for a success, or a failure that the step itself detected. */
export type StepResult = string | { ok: boolean; detail: string; purgeLatency?: number };
/** Runs a step, reports it, and resolves with whether it succeeded. */
export type Timed = (step: PublishStep['step'], act: () => Promise<StepResult>, cdn?: string) => Promise<boolean>;

/** Runs a step. Reports a failure, and lets the following steps run. */
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
      // A clock that is set back must not lower the sum of a histogram.
      seconds: Math.max(0, now() - startedAt) / 1000,
      // The words may come from an edge or a hook.
      detail: printable(detail),
      ...(cdn !== undefined && { cdn }),
      ...(purgeLatency !== undefined && { purgeLatency }),
    });
    return ok;
  };
}

/** Describes a publication in words. */
export function describe({ kind, boxes, list, urls, byTag }: PublicationPlan, tags: number): string {
  const what = {
    layer: 'the whole layer',
    bbox:
      list !== undefined ? 'the tiles of a list' : boxes ? `${boxes.length} parts of the layer` : 'a part of the layer',
    metadata: 'metadata only',
  }[kind];
  return `${what}${urls ? `, ${urls.length} URLs` : byTag ? `, by tag (${byTag})` : ''}${tags ? `, ${tags} further tags` : ''}`;
}

/**
 * Returns a warning for a publication of zooms alone, else an empty text: maps show tiles of other zooms beside a
 * tile, and every zoom is drawn from the same data, so that old and new data meet in one view.
 */
export function seamOf({ range, boxes, list }: PublicationPlan): string {
  if (!range?.zooms || range.bbox || boxes || list !== undefined) return '';
  const [from, to] = range.zooms;
  const zooms = from === to ? `zoom ${from}` : `zooms ${from} to ${to}`;
  return `warning: only ${zooms} change${from === to ? 's' : ''}; on a map that also shows other zooms, old and new data meet`;
}
