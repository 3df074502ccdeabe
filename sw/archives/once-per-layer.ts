import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Opened } from './opened';

/** Shares one run of `work` among all callers of a layer that call while it runs. */
export function oncePerLayer(work: (layer: ResolvedLayer, anyFile: boolean) => Promise<Opened>) {
  const runs = new Map<string, Promise<Opened>>();
  return (layer: ResolvedLayer, anyFile = false): Promise<Opened> => {
    const running = runs.get(layer.name);
    if (running) return running;
    const run = work(layer, anyFile).finally(() => runs.delete(layer.name));
    runs.set(layer.name, run);
    return run;
  };
}
