import { createArea } from '../../src/shared/area';
import type { TileRange } from '../../src/shared/range';
import { tileBounds, type TileBounds } from '../../src/shared/tile-math';
import { type LayerRecord, type LedgerState, recordOf } from '../ledger/state';
import { clearingIds } from '../ledger/verdict';
import type { Edition } from './records';

/** True if a rule, a switch or a clearing since then may concern tiles of this edition. */
export function isOutdated(
  edition: Pick<Edition, 'spec' | 'layers' | 'epoch' | 'ledger'> & Partial<Pick<Edition, 'versions'>>,
  state: LedgerState,
): boolean {
  if (edition.ledger !== state.id) return true;
  return edition.layers.some(({ layer, partition }) => {
    const record = recordOf(state, layer);
    const { rules, since } = record;
    if (since > edition.epoch || isOfOther(edition.versions?.[layer], edition.spec, record)) return true;
    if (clearingIds(layer, partition).some((id) => (state.cleared[id] ?? 0) > edition.epoch)) return true;
    return rules.some(({ epoch, range }) => epoch > edition.epoch && touches(edition.spec, range));
  });
}

/** True for a version of the tiles, imported or older than the first that was told, which the one in force is not known to equal here. */
function isOfOther(own: string | undefined, spec: Edition['spec'], { version, same }: LayerRecord): boolean {
  if (own === undefined || version === undefined || own === version) return false;
  const alike = same.find((one) => one.version === own);
  return !alike || alike.except.some((range) => touches(spec, range));
}

/** True if a range may hold a tile of the region. May be true without need, but is never false by mistake. */
function touches({ bounds, zooms }: Edition['spec'], range: TileRange | undefined): boolean {
  if (!range) return true;
  if (range.scope === 'metadata') return false;
  if (range.zooms && (range.zooms[0] > zooms[1] || range.zooms[1] < zooms[0])) return false;
  const { bbox, buffer = 1 } = range;
  if (!bbox) return true;
  // Tiles of the lowest zoom contain all tiles of higher zooms in the region, and their buffer contains those tiles'
  // buffers.
  const own = tileBounds(bbox, zooms[0], buffer);
  return createArea(bounds).boxes.some((box) => meet(own, tileBounds(box, zooms[0])));
}

function meet(a: TileBounds, b: TileBounds): boolean {
  if (a.minY > b.maxY || b.minY > a.maxY) return false;
  const size = 2 ** a.zoom;
  return [-size, 0, size].some((shift) => a.minX + shift <= b.maxX && b.minX <= a.maxX + shift);
}
