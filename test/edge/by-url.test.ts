import { describe, expect, it, vi } from 'vitest';
import { createNginxLocationPurger } from '../../server/purge/nginx';
import type { Purger } from '../../server/purge/purger';
import { createVarnishPurger } from '../../server/purge/varnish';
import { freePort } from '../server-real/programs';
import { EDGE_TOKEN, startNginx, startOrigin, startVarnish } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const edges = {
  Varnish: async (originPort: number, port: number) => ({
    ...(await startVarnish(originPort, port)),
    purger: createVarnishPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN, byUrl: true }),
  }),
  nginx: async (originPort: number, port: number) => ({
    ...(await startNginx(originPort, port)),
    purger: createNginxLocationPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN }),
  }),
};

describe.each(Object.entries(edges))('a bounding box purged by URL at %s', (_name, startEdge) => {
  it('drops the tiles that it touches and leaves all others where they are', async () => {
    const [originPort, port] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const purgers: Purger[] = [];
    const origin = await startOrigin(purgers, url, originPort);
    const edge = await startEdge(originPort, port);
    purgers.push(edge.purger);
    try {
      const ask = async (path: string) => (await fetch(`${url}${path}`)).text();
      const [inside, outside] = ['/tiles/roads/5/9/12.pbf', '/tiles/roads/5/28/12.pbf'];
      await Promise.all([inside, outside].map(ask));
      origin.setData('roads', 'new');
      const report = await origin.publish({ layer: 'roads', version: 'v2', bbox: [-74.3, 40.5, -73.7, 40.9] });
      expect(report.steps.filter((step) => !step.ok)).toEqual([]);
      expect(report.steps.find(({ step }) => step === 'purge')?.detail).toMatch(/^\d+ URLs/);
      expect([await ask(inside), await ask(outside)]).toEqual(['new', 'old']);
    } finally {
      await edge.program.stop();
      await origin.close();
      await edge.remove();
    }
  }, 60_000);
});
