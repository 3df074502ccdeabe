import { createActions } from '../commands/actions';
import { createReach } from '../commands/reach';
import { createStop } from '../stop';
import { coalesce } from '../util/coalesce';
import type { Digest } from '../util/digest';
import type { Answering } from './answering';
import { archivedLayers } from './archiving';
import type { Asking } from './asking';
import type { Base } from './base';
import type { Showing } from './showing';
import type { Storing } from './storing';

/** Creates the parts that carry out pages' commands, and the one that ends the cache. */
export function createObeying(
  base: Base,
  storing: Storing,
  showing: Showing,
  asking: Asking,
  answering: Answering,
  digest: Digest,
) {
  const { resolved, sleep, later, settled, layerNamed, keysOf } = base;
  const { store, index } = storing;
  const { regions } = answering;
  const close = () => {
    store.close();
    if (regions) later(regions.stop());
  };
  const end = createStop({ store: { close }, settled, sleep });
  // A page posts one message for each layer of its map: look at the requests once after all of them.
  const review = coalesce(async () => {
    await sleep(0);
    asking.flights.review();
  });
  const actions = createActions({
    ...base.around,
    ...base,
    ...storing,
    ...showing,
    ...asking,
    ...answering,
    digest,
    stop: end.stop,
    viewed: (clientId, view) => {
      showing.viewports.set(clientId, view);
      void review();
    },
    reaches: createReach({ layer: layerNamed, index, keysOf }),
    apart: () => new Set(archivedLayers(base).map(({ name }) => name)),
    closed: resolved.catchAll ? undefined : resolved.layers.map((layer) => layer.name),
  });
  return { ...actions, end };
}
