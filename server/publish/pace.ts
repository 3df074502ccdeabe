import { noteDropped } from '../versions/begun';
import { payPart } from '../versions/owed';
import type { LayerState } from '../versions/state';
import { withOwn } from '../versions/transitions';
import type { PublishParts } from './publish-options';
import type { Paced } from './purge-due';
import { spreadOf } from './stagger';

/** Seconds after which the background takes up what a publication left: whoever carries that one on was there before. */
const RESUMED_FIRST = 30;

/** What the purges of a layer are paced with. */
export type PaceParts = Pick<PublishParts, 'layers' | 'now' | 'sleep'> & {
  versions: Pick<PublishParts['versions'], 'update'>;
};

/**
 * Spreads the purges of a layer over its zooms where its option `stagger` says so. `mark`: of the publication that they are
 * for; each part that is done is written down, so that whoever takes up an interrupted one does the rest.
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
