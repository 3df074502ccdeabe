import type { Begun, LayerState } from '../versions/state';
import type { Publication } from './publication';
import type { PublishParts } from './publish-options';
import { createTimer, type PublishReport, type PublishStep, type Timed } from './publish-steps';

/** One publication on its way. */
export interface PublishRun {
  publication: Publication;
  /** The name of this one run, under which it is written down. */
  mark: string;
  /** Its layer before it. */
  before: LayerState | undefined;
  /** What CDNs have dropped for it already, before it was interrupted. */
  dropped?: Begun['dropped'];
  timed: Timed;
  /** What it came to: the steps so far, and the layer as it was where `rest` says nothing else. */
  report(rest: Partial<PublishReport>): PublishReport;
}

/** `tell` hears of each step as it ends. */
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
