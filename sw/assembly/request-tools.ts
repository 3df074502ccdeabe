import { createLookup } from '../lookup/lookup';
import { createForgetUrl, type ForgetTools } from '../request/forget-url';
import { createMismatches } from '../request/mismatches';
import type { RequestTools } from '../request/task';
import type { KeptTiles } from '../lookup/kept';
import { layersIn } from '../store/tile-store';
import type { Digest } from '../util/digest';
import type { Asking } from './asking';
import type { Base } from './base';
import type { Showing } from './showing';
import type { Storing } from './storing';

/** Collects what the answer to a request needs. `kept` are the regions' tiles, `takeTurn` a tile's turn in a flood. */
export function createRequestTools(
  base: Base,
  storing: Storing,
  showing: Showing,
  asking: Asking,
  digest: Digest,
  kept: KeptTiles | undefined,
  takeTurn: RequestTools['takeTurn'],
) {
  const { around, env, sleep, later, settled } = base;
  const { index } = storing;
  const { pages, viewports, health } = showing;
  const { now, random } = around;
  const parts = { ...storing, ...showing, ...asking, env, now };
  const lookup = createLookup({ ...parts, kept });
  return {
    ...parts,
    lookup,
    forget: createForgetUrl(forgetTools(base, storing, showing, asking, digest)),
    mismatches: createMismatches({
      ...parts,
      lookup,
      random,
      setTimeout: around.setTimeout,
      holds: health.holds,
      inView: viewports.inView,
      updated: (layer, tile) => later(pages.updated(layer, tile)),
    }),
    digest,
    jitter: () => sleep(random() * 200),
    isForbidden: asking.forbidden.hasFailed,
    touched: index.touched,
    takeTurn,
    settled,
  } satisfies RequestTools;
}

function forgetTools(
  { match, later }: Base,
  { store, ledger }: Storing,
  { pages, onBroken }: Showing,
  { flights, writer }: Asking,
  digest: Digest,
): ForgetTools {
  return {
    match,
    ledger,
    digest,
    writer,
    nameOf: store.nameOf,
    discard: flights.discard,
    storedLayers: () => store.list().then(layersIn, () => new Set()),
    mark: () => store.mark().catch(() => {}),
    tell: (message) => later(pages.tell(message)),
    onBroken,
  };
}
