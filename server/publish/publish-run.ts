import type { Begun, LayerState } from '../versions/state';
import type { Publication } from './publication';
import type { PublishParts } from './publish-options';
import { createTimer, type PublishReport, type PublishStep, type Timed } from './publish-steps';

/** One publication in progress. */
export interface PublishRun {
  publication: Publication;
  /** The id of this run, under which it is recorded. */
  mark: string;
  /** The layer's state before the run. */
  before: LayerState | undefined;
  /** Tags that CDNs dropped for it before it was interrupted. */
  dropped?: Begun['dropped'];
  timed: Timed;
  /** Creates the report: the steps so far, and the layer's previous state where `rest` does not override it. */
  report(rest: Partial<PublishReport>): PublishReport;
}

/** Creates a run. `tell` receives each step as it ends. */
export function createRun(
  { now, watch }: Pick<PublishParts, 'now' | 'watch'>,
  publication: Publication,
  before: PublishRun['before'],
  tell: (step: PublishStep) => void,
  mark: string = crypto.randomUUID(),
): PublishRun {
  const { layer } = publication;
  const steps: PublishStep[] = [];
  return {
    publication,
    mark,
    before,
    timed: createTimer(now, (step) => {
      steps.push(step);
      watch?.step(layer, step);
      tell(step);
    }),
    report: (rest) => ({
      ok: steps.every((step) => step.ok),
      layer,
      version: before?.version,
      previous: before?.version,
      revision: before?.revision,
      applied: false,
      steps,
      ...rest,
    }),
  };
}
