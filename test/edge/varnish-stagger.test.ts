import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createVarnishPurger } from '../../server/purge/varnish';
import { freePort } from '../server-real/programs';
import { EDGE_TOKEN, startOrigin, startVarnish, type Origin } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let origin: Origin;
let edge: Awaited<ReturnType<typeof startVarnish>>;
let url: string;

beforeAll(async () => {
  const [originPort, port] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  origin = await startOrigin([createVarnishPurger({ instances: [url], token: EDGE_TOKEN })], url, originPort);
  edge = await startVarnish(originPort, port);
});

afterAll(async () => {
  await edge?.program.stop();
  await origin?.close();
  await edge?.remove();
});

/** Returns a client's answer at each zoom: the version, and whether the edge had it. */
const ask = () =>
  Promise.all(
    Array.from({ length: 9 }, async (_, zoom) => {
      const { headers } = await fetch(`${url}/tiles/large/${zoom}/0/0.pbf`);
      return `${headers.get('x-tile-version')} ${headers.get('cache-status')?.includes('hit') ? 'hit' : 'miss'}`;
    }),
  );

it('drops the low zooms of a large layer first, then the others one by one, while they still relieve the origin', async () => {
  await ask();
  // The first publication drops all: stored tiles may lack zoom tags.
  expect(await origin.publish({ layer: 'large', version: 'v2' })).toMatchObject({ ok: true });
  await ask();
  const publishing = origin.publish({ layer: 'large', version: 'v3' });
  const seen: string[][] = [];
  let done = false;
  void publishing.finally(() => (done = true));
  while (!done) {
    seen.push(await ask());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const report = await publishing;
  expect(report.steps.filter(({ step }) => step === 'purge').map(({ detail }) => detail.split(',')[0])).toEqual([
    ...['zooms 0 to 2', 'zoom 3', 'zoom 4', 'zoom 5', 'zooms 6 and above'],
  ]);
  expect(report).toMatchObject({ ok: true, version: 'v3' });
  // From one look to the next, only the zooms of one part miss, in this order.
  const missed = seen
    .map((zooms) => zooms.flatMap((saw, zoom) => (saw === 'v3 miss' ? [zoom] : [])))
    .filter((zooms) => zooms.length > 0);
  expect(missed.flat()).toEqual([...new Set(missed.flat())]);
  for (const zooms of missed) expect(new Set(zooms.map((zoom) => Math.min(6, Math.max(2, zoom)))).size).toBe(1);
  // Zooms above the layer's own went with the last part.
  expect(await ask()).toEqual(Array.from({ length: 9 }, () => 'v3 hit'));
});
