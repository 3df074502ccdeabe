import type { Binding } from '../adapters/binding';
import { createEmitter } from '../page/events';
import { refuseUnknown } from '../shared/validate';
import { createRumOutlet } from './to-rum';
import type { MapVitals, MapVitalsOptions, ViewMetric } from './types';
import type { Screen } from './screen';
import { watchBinding } from './watch-binding';

type Events = { [M in ViewMetric as M['name']]: M };

/**
 * Measures how people experience a bound layer: how long a view takes to be full, how much of it is blank until then,
 * how old its tiles are, and how long a publication takes to reach the screen. Largest Contentful Paint cannot measure
 * maps, because it ignores canvases. If the binding's client was created with `rum`, its beacons carry the metrics. Throws
 * `INVALID_OPTION` for an unknown option.
 */
export function mapVitals(
  bindings: Binding | readonly Binding[],
  options: MapVitalsOptions = {},
  screen: Screen = browserScreen(),
): MapVitals {
  refuseUnknown(options, { signal: true, rum: true });
  const { signal, rum = true } = options;
  const { on, emit, close } = createEmitter<Events>();
  const stops = [bindings].flat().map((binding: Binding) => {
    const outlet = rum ? createRumOutlet(binding.client) : undefined;
    const stopFlush = outlet && onHide(outlet.flush);
    const stop = watchBinding(binding, screen, (metric) => {
      emit(metric.name, metric as never);
      outlet?.add(metric);
    });
    return () => {
      stop();
      stopFlush?.();
    };
  });
  const stop = () => {
    for (const end of stops.splice(0)) end();
    signal?.removeEventListener('abort', stop);
    close();
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  return {
    onFullView: (callback) => on('full-view', callback),
    onBlank: (callback) => on('blank', callback),
    onViewAge: (callback) => on('view-age', callback),
    onSwap: (callback) => on('swap', callback),
    stop,
  };
}

/** Listens before the client's own listeners, so that the beacon that the client then sends is complete. */
function onHide(run: () => void): () => void {
  addEventListener('visibilitychange', run, true);
  return () => removeEventListener('visibilitychange', run, true);
}

function browserScreen(): Screen {
  return {
    now: () => performance.now(),
    frame(run) {
      const id = requestAnimationFrame(run);
      return () => cancelAnimationFrame(id);
    },
    hidden: () => document.visibilityState === 'hidden',
    loading: () => document.readyState !== 'complete',
    onVisibility(run) {
      // Listen in the capture phase, before the client's listener on the document: the beacon that it sends should be
      // complete.
      addEventListener('visibilitychange', run, true);
      return () => removeEventListener('visibilitychange', run, true);
    },
    eachSecond(run) {
      const timer = setInterval(run, 1000);
      return () => clearInterval(timer);
    },
  };
}
