import { TileCacheError } from '../../src/shared/errors';
import { nearest } from '../../src/shared/nearest';

/** Names that are listed where none of them is close. */
const LISTED = 10;

/** The configured name that was probably meant. Letters that changed places are the usual slip, and leave few pairs alike. */
function meant(layer: string, configured: readonly string[]): string | undefined {
  const letters = (name: string) => [...name.toLowerCase()].sort().join('');
  return configured.find((name) => letters(name) === letters(layer)) ?? nearest(layer, configured);
}

/** What is said of a layer that nobody configured and nothing was published of: a mistyped name stays in every manifest. */
export function noteNewLayer(layer: string, configured: readonly string[]): string {
  if (configured.length === 0) return '';
  const near = meant(layer, configured);
  const others = configured.length > LISTED ? '…' : '';
  const hint =
    near === undefined ? `configured: ${configured.slice(0, LISTED).join(', ')}${others}` : `did you mean ${near}?`;
  return `${layer} is new here and not configured (${hint})`;
}

/** Why such a layer is refused. */
export function newLayerRefused(layer: string, configured: readonly string[]): TileCacheError {
  const near = meant(layer, configured);
  return new TileCacheError({
    code: 'INVALID_MESSAGE',
    field: 'layer',
    message: `layer ${layer} is not configured here, and has never been published.`,
    remedy:
      near === undefined
        ? "Check its name, or add it to the origin's layers."
        : `Did you mean ${near}? If not, add ${layer} to the origin's layers.`,
  });
}
