import { noteDropped } from '../versions/begun';
import { payPart } from '../versions/owed';
import type { LayerState } from '../versions/state';
import { withOwn } from '../versions/transitions';
import type { PublishParts } from './publish-options';
import type { Paced } from './purge-due';
import { spreadOf } from './stagger';

/**
 * Seconds before the background resumes a publication's purges, so that a process that continues it can do so first.
 */
const RESUMED_FIRST = 30;

/** The parts that pacing a layer's purges needs. */
export type PaceParts = Pick<PublishParts, 'layers' | 'now' | 'sleep'> & {
  versions: Pick<PublishParts['versions'], 'update'>;
};

/**
 * Spreads a layer's purges over its zooms, if its option `stagger` says so. `mark`: identifies their publication.
 * Records each part that is done, so that a process that resumes the publication does only the rest.
 */
export function paceOf(
  { layers, versions, now, sleep }: PaceParts,
  layer: string,
  state: Pick<LayerState, 'byZoom'> | undefined,
  mark?: string,
): Paced | undefined {
  const spread = spreadOf(layer, Object.hasOwn(layers, layer) ? layers[layer] : undefined, state);
  return (
    spread && {
      spread,
      sleep,
      note: ({ debt: { cdn }, mark: owing }, { tags }, left) =>
        versions.update((current) => {
          const paid =
            (owing !== undefined &&
              withOwn(current, layer, (own) =>
                payPart(
                  own,
                  { ...(cdn !== undefined && { cdn }), mark: owing },
                  left,
                  now(),
                  spread.pause + RESUMED_FIRST,
                ),
              )) ||
            current;
          const next = mark === undefined || cdn === undefined ? paid : noteDropped(paid, mark, cdn, tags);
          return next === current ? undefined : next;
        }),
    }
  );
}
