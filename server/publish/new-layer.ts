import { TileCacheError } from '../../src/shared/errors';
import { nearest } from '../../src/shared/nearest';
import { layerState, type OriginState } from '../versions/state';
import type { Publication } from './publication';

/** Names to list if none is similar. */
const LISTED = 10;

/** Returns the configured name that was probably meant, including names with two letters transposed. */
function meant(layer: string, configured: readonly string[]): string | undefined {
  const letters = (name: string) => [...name.toLowerCase()].sort().join('');
  return configured.find((name) => letters(name) === letters(layer)) ?? nearest(layer, configured);
}

/**
 * Returns the note on a layer that is neither configured nor published yet, because a mistyped name stays in every
 * manifest.
 */
export function noteNewLayer(layer: string, configured: readonly string[]): string {
  if (configured.length === 0) return '';
  const near = meant(layer, configured);
  const others = configured.length > LISTED ? '…' : '';
  const hint =
    near === undefined ? `configured: ${configured.slice(0, LISTED).join(', ')}${others}` : `did you mean ${near}?`;
  return `${layer} is new here and not configured (${hint})`;
}

/**
 * Refuses a layer that cannot be intended, before the publication does anything: an unknown one if `unknownLayers` is
 * `refuse` or if it is to be retired, and one that looks like another but has other characters (`é` as one or two).
 * Throws `INVALID_MESSAGE`.
 */
export function checkNewLayer(
  { layer, retired }: Pick<Publication, 'layer' | 'retired'>,
  state: OriginState,
  configured: readonly string[],
  refuse: boolean,
): void {
  if (layerState(state, layer) || configured.includes(layer)) return;
  const known = [...configured, ...Object.keys(state.layers)];
  const twin = known.find((name) => name.normalize() === layer.normalize());
  const gone = state.retired !== undefined && Object.hasOwn(state.retired, layer);
  if (twin !== undefined || (retired && !gone) || (refuse && !retired)) throw newLayerRefused(layer, known, twin);
}

/** Creates the error for such a layer. */
function newLayerRefused(layer: string, known: readonly string[], twin: string | undefined): TileCacheError {
  const near = twin === undefined ? meant(layer, known) : undefined;
  return new TileCacheError({
    code: 'INVALID_MESSAGE',
    field: 'layer',
    message: `layer ${layer} is not configured here, and has never been published.`,
    remedy: twin
      ? `${twin} looks the same and is written with other characters: normalize the name (NFC), as layers are named here.`
      : near === undefined
        ? "Check its name, or add it to the origin's layers."
        : `Did you mean ${near}? If not, add ${layer} to the origin's layers.`,
  });
}
