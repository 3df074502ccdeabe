import type { BindingClient } from '../adapters/binding-client';
import { RUM_VIEW_EVENT, type RumView, type RumViewDetail } from '../shared/rum-schema';
import type { ViewMetric } from './types';

/** Metrics that are kept while the client loads its RUM on demand. */
const WAITING = 50;

/** Converts a metric for beacons: in seconds, and without fields that would multiply the series. */
function rumView({ name, layer, value, ...rest }: ViewMetric): RumView {
  const seconds = name === 'full-view' || name === 'swap' ? value / 1000 : value;
  return { name, layer, value: seconds, ...('cause' in rest && { cause: rest.cause }) };
}

/**
 * Creates an outlet that passes metrics to this client's RUM. Metrics that it does not take yet are offered again with
 * the next.
 */
export function createRumOutlet(client: Pick<BindingClient, 'on'>, target: EventTarget = window) {
  let waiting: RumView[] = [];
  /** Offers a metric and returns whether the RUM took it. */
  const offer = (view: RumView) => {
    const detail: RumViewDetail = { on: client.on, view };
    return !target.dispatchEvent(new CustomEvent(RUM_VIEW_EVENT, { detail, cancelable: true }));
  };
  const flush = () => {
    while (waiting.length && offer(waiting[0]!)) waiting.shift();
  };
  return {
    flush,
    add(metric: ViewMetric) {
      waiting = [...waiting, rumView(metric)].slice(-WAITING);
      flush();
    },
  };
}
