import { alternate } from '../lib/lab';
import { metric } from '../lib/results';
import type { Scenario } from './context';

/** Measures how long a publication takes to appear on every visible tile, and what it costs the origin. */
export const publish: Scenario = ({ inLab, rounds, labels }) =>
  inLab(async ({ benches }) => {
    const visible = 20;
    const empty = () => new Map<string, number[]>(benches.map(({ contender }) => [contender.name, []]));
    const [loads, requests] = [empty(), empty()];
    for (const { origin, contender, run } of benches) {
      origin.delay = 40;
      if (contender.name === 'tile-cache') await run('acked', manifest('v1'));
      await run('untilFresh', 'live', visible, 1, 'v1');
    }
    const values = await alternate(benches, rounds, async ({ origin, contender, run }, round) => {
      const version = `v${round + 2}`;
      origin.version = version;
      const before = origin.tiles;
      const message =
        contender.name === 'tile-cache' ? { type: 'CACHE_INVALIDATE', layer: 'live', version } : undefined;
      const result = await run<{ ms: number; loads: number }>('untilFresh', 'live', visible, 1, version, message);
      if (round > 0) {
        loads.get(contender.name)?.push(result.loads);
        requests.get(contender.name)?.push(origin.tiles - before);
      }
      return result.ms;
    });
    for (const { origin } of benches) origin.delay = 0;
    const how = `${visible} visible tiles of 12 KB whose origin, 40 ms away, says max-age=0; the view is loaded again until all are new.`;
    return {
      publish: metric(
        { title: 'Published until every visible tile is new', unit: 'ms', better: 'less', how },
        labels,
        values,
      ),
      publishLoads: metric(
        { title: 'Loads of the view until every tile is new', unit: 'loads', better: 'less', how },
        labels,
        loads,
      ),
      publishRequests: metric(
        { title: 'Origin requests until every tile is new', unit: 'requests', better: 'less', how },
        labels,
        requests,
      ),
    };
  });

/** Returns the message by which the client tells the worker a manifest. */
export const manifest = (version: string) => ({
  type: 'TILE_VERSIONS',
  manifest: { layers: { live: { version } } },
  confirmedAt: Date.now(),
});
