import type { BindingClient } from '../adapters/binding-client';
import { RUM_VIEW_EVENT, type RumView, type RumViewDetail } from '../shared/rum-schema';
import type { ViewMetric } from './types';

/** Metrics that wait for the client's measuring, which is loaded on demand. */
const WAITING = 50;

/** A metric as beacons carry it: in seconds, and without what makes series. */
export function rumView({ name, layer, value, ...rest }: ViewMetric): RumView {
  const seconds = name === 'full-view' || name === 'swap' ? value / 1000 : value;
  return { name, layer, value: seconds, ...('cause' in rest && { cause: rest.cause }) };
}

/** Hands metrics to the measuring of this client; what it does not take yet is offered again with the next one. */
export function createRumOutlet(client: Pick<BindingClient, 'on'>, target: EventTarget = window) {
  let waiting: RumView[] = [];
  /** True when it was taken. */
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
