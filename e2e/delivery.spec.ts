// A page's messages reach the worker: without a controller, while a worker waits, and when the worker is stopped half-way.
import type { Page } from '@playwright/test';
import {
  ask,
  command,
  eventsOf,
  expect,
  gate,
  labels,
  layerStatus,
  messagesOf,
  originLayer,
  post,
  settle,
  stopWorker,
  test,
  tile,
  tiles,
  tilesOf,
  workerSource,
} from './fixtures/client-page';

test.describe.configure({ timeout: 120_000 });

const layers = `{ layers: {
  roads: { maxAge: 3600, staleIfError: Infinity, template: ['/tiles/roads/*', '/tiles/roads.json'] },
  roads_old: { maxAge: 3600 },
  poi: { maxAge: 3600, freshness: 'version' },
} }`;
const worker = workerSource(layers);
/** The same worker without `claim`, so that it does not control the first load. */
const withoutClaim = worker.replace('skipWaiting: true, claim: true', 'skipWaiting: true');
/** The next release, which waits until all pages of the previous one are closed, or a page posts `go`. */
const nextRelease = `${worker.replace('skipWaiting: true, claim: true', '')}
  // the next release
  self.addEventListener('message', ({ data }) => data === 'go' && self.skipWaiting());
`;

const one = '/tiles/roads/1/0/0.png';
const isHit = (cacheStatus: string | undefined) => /sw-tile-cache; ?hit|; hit/.test(cacheStatus ?? '');

/** Stores the old tiles, then publishes new ones, which the page sees only after a purge. */
async function storeOldThenPublish(
  page: Page,
  layer: ReturnType<typeof originLayer>,
  paths: readonly string[],
): Promise<void> {
  layer.content = () => 'old';
  expect(new Set(await labels(page, paths))).toEqual(new Set(['old']));
  await settle(page);
  layer.content = () => 'new';
  expect(new Set(await labels(page, paths))).toEqual(new Set(['old']));
}

test.describe('the plain message', () => {
  test('purges without a port, from any page of the origin', async ({ server, openTab, context }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, tilesOf('roads', 1));
    const plain = await context.newPage();
    await plain.goto(`${server.url}/`);
    await post(plain, { type: 'CACHE_INVALIDATE', layer: 'roads', version: '3f2a9c1b' });
    await expect.poll(async () => (await layerStatus(page, 'roads'))?.version).toBe('3f2a9c1b');
    expect(new Set(await labels(page, tilesOf('roads', 1)))).toEqual(new Set(['new']));
  });

  test('gets an ack with its id on its port, once it is durable', async ({ server, openTab }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, [one]);
    const ack = await ask<any>(page, {
      type: 'CACHE_INVALIDATE',
      layer: 'roads',
      version: '3f2a9c1b',
      id: 'publication-7',
    });
    await stopWorker(page);
    expect(ack).toMatchObject({
      type: 'TILE_ACK',
      id: 'publication-7',
      ok: true,
      result: { layer: 'roads', version: '3f2a9c1b', applied: true },
    });
    expect(await layerStatus(page, 'roads')).toMatchObject({ version: '3f2a9c1b' });
    expect((await tile(page, one)).label).toBe('new');
  });

  test('is refused if it has an unsupported field, which the error names', async ({ server, openTab }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, [one]);
    const raw = await ask<any>(page, { type: 'CACHE_INVALIDATE', layer: 'roads', bboxx: [0, 0, 1, 1], id: 'x' });
    expect(raw).toMatchObject({
      ok: false,
      id: 'x',
      error: { code: 'UNSUPPORTED_FIELD', field: 'bboxx', remedy: expect.stringContaining('bbox') },
    });
    const own = await command(page, 'invalidate', { layer: 'roads', tags: ['a'] });
    expect(own).toMatchObject({ ok: false, error: { code: 'UNSUPPORTED_FIELD', field: 'tags' } });
    for (const [field, message] of [
      ['bbox[1]', { layer: 'roads', bbox: [0, 10, 1, 5] }],
      ['bbox[0]', { layer: 'roads', bbox: [-181, 0, 1, 5] }],
      ['zooms[0]', { layer: 'roads', zooms: [9, 3] }],
      ['mode', { layer: 'roads', mode: 'hard' }],
      ['layer', { version: '3' }],
      ['revision', { layer: 'roads', revision: 1.5 }],
    ] as const) {
      expect(await command(page, 'invalidate', message), field).toMatchObject({
        ok: false,
        error: { code: 'INVALID_MESSAGE', field },
      });
    }
    expect((await tile(page, one)).label).toBe('old');
  });

  test('for the layer roads does not purge the layer roads_old', async ({ server, openTab }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const old = originLayer(server, tilesOf('roads_old', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, tilesOf('roads', 1));
    await storeOldThenPublish(page, old, tilesOf('roads_old', 1));
    expect(await command(page, 'invalidate', { layer: 'roads' })).toMatchObject({ ok: true });
    expect(new Set(await labels(page, tilesOf('roads', 1)))).toEqual(new Set(['new']));
    expect(new Set(await labels(page, tilesOf('roads_old', 1)))).toEqual(new Set(['old']));
    expect(server.requests('/tiles/roads_old/1/0/0.png')).toHaveLength(1);
  });
});

test.describe('an invalidation of a part of a layer', () => {
  test('bbox: the other tiles stay, and are not requested again', async ({ server, openTab }) => {
    const paths = tilesOf('roads', 3);
    const roads = originLayer(server, paths, 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, paths);
    const before = server.requests().length;
    // New York lies in tile 3/2/3. Without a buffer, the purge reaches no other tile.
    const answer = await command(page, 'invalidate', {
      layer: 'roads',
      version: 'b',
      bbox: [-74.3, 40.5, -73.7, 40.9],
      buffer: 0,
    });
    expect(answer).toMatchObject({ ok: true, result: { applied: true, version: 'b' } });
    const shown = await labels(page, paths);
    expect(paths.filter((_, at) => shown[at] === 'new')).toEqual(['/tiles/roads/3/2/3.png']);
    expect(
      server
        .requests()
        .slice(before)
        .map(({ path }) => path),
    ).toEqual(['/tiles/roads/3/2/3.png']);
  });

  test('buffer: one tile reaches the neighbours; a box across the antimeridian reaches both sides', async ({
    server,
    openTab,
  }) => {
    const paths = tilesOf('roads', 3);
    const roads = originLayer(server, paths, 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, paths);
    await command(page, 'invalidate', { layer: 'roads', bbox: [179, 5, -179, 6], zooms: [3, 3] });
    const shown = await labels(page, paths);
    const changed = paths
      .filter((_, at) => shown[at] === 'new')
      .map((path) =>
        path
          .split('/')
          .slice(4, 6)
          .map((part) => parseInt(part, 10)),
      );
    expect(new Set(changed.map(([x]) => x))).toEqual(new Set([0, 1, 6, 7]));
    expect(new Set(changed.map(([, y]) => y))).toEqual(new Set([2, 3, 4]));
  });

  test('zooms and scope: tiles of other zooms stay, and so does the TileJSON, which `metadata` purges alone', async ({
    server,
    openTab,
  }) => {
    const json = '/tiles/roads.json';
    const paths = ['/tiles/roads/1/0/0.png', '/tiles/roads/2/0/0.png', json];
    const roads = originLayer(server, paths, 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, paths);
    await command(page, 'invalidate', { layer: 'roads', zooms: [2, 2] });
    expect(await labels(page, paths)).toEqual(['old', 'new', 'old']);
    await command(page, 'invalidate', { layer: 'roads', scope: 'metadata' });
    expect(await labels(page, paths)).toEqual(['old', 'new', 'new']);
    await command(page, 'invalidate', { layer: 'roads', scope: 'tiles' });
    roads.content = () => 'newest';
    await command(page, 'invalidate', { layer: 'roads', scope: 'tiles' });
    expect(await labels(page, paths)).toEqual(['newest', 'newest', 'new']);
  });

  test("'stale' keeps the tile for use offline, and is over after one validation, however often it was repeated", async ({
    server,
    openTab,
    context,
  }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, [one]);
    for (let time = 0; time < 3; time += 1) await command(page, 'invalidate', { layer: 'roads', mode: 'stale' });
    await context.setOffline(true);
    const offline = await tile(page, one);
    expect(offline).toMatchObject({ status: 200, label: 'old' });
    expect(offline.headers['cache-status']).toContain('fwd=stale');
    await context.setOffline(false);
    const online = await tile(page, one);
    expect(online).toMatchObject({ status: 200, label: 'new' });
    await settle(page);
    expect(isHit((await tile(page, one)).headers['cache-status'])).toBe(true);
  });

  test("'purge' leaves no tile, not even for use offline", async ({ server, openTab, context }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, [one]);
    await command(page, 'invalidate', { layer: 'roads', mode: 'purge' });
    await context.setOffline(true);
    expect((await tile(page, one)).status).not.toBe(200);
  });
});

test.describe('pages that the worker does not control', () => {
  test('first load: the worker is still being installed', async ({ server, openTab }) => {
    originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker: withoutClaim, controlled: false });
    expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
    const answer = await command(page, 'invalidate', { layer: 'roads', version: '2' });
    expect(answer).toMatchObject({ ok: true, result: { applied: true, version: '2' } });
    expect(await page.evaluate(() => (window as any).bench.client.state)).toBe('pending');
    await page.reload();
    expect(await layerStatus(page, 'roads')).toMatchObject({ version: '2' });
  });

  test('invalidate() is called before there is any worker', async ({ server, page, openTab }) => {
    const { opened, open } = gate();
    const script = await server.worker(worker);
    // Delay the worker's script: until it arrives, there is no worker to post to.
    await page.context().route(`**${script}`, async (route) => {
      await opened;
      await route.continue();
    });
    await openTab({ worker, controlled: false });
    const answered = command(page, 'invalidate', { layer: 'roads', version: '2' });
    open();
    expect(await answered).toMatchObject({ ok: true, result: { applied: true, version: '2' } });
  });

  test('hard reload: there is a worker, but no controller', async ({ server, openTab, context }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker: withoutClaim, controlled: false });
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await openTab({ worker: withoutClaim });
    await storeOldThenPublish(page, roads, [one]);
    const session = await context.newCDPSession(page);
    const loaded = page.waitForEvent('load');
    await session.send('Page.reload', { ignoreCache: true });
    await loaded;
    await session.detach();
    expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
    const script = await server.worker(withoutClaim);
    await page.evaluate((serviceWorker) => (window as any).bench.create({ serviceWorker }), script);
    expect(await page.evaluate(() => (window as any).bench.client.state)).toBe('pending');
    expect(await command(page, 'invalidate', { layer: 'roads' })).toMatchObject({
      ok: true,
      result: { applied: true },
    });
    await openTab({ worker: withoutClaim });
    expect((await tile(page, one)).label).toBe('new');
  });

  test('a page outside the scope, and a page without a client', async ({ server, page, context }) => {
    const script = await server.worker(worker);
    await page.goto(`${server.url}/`);
    const answer = await page.evaluate(async (script) => {
      const registration = await navigator.serviceWorker.register(script, { scope: '/app/' });
      const { port1, port2 } = new MessageChannel();
      const worker = registration.installing ?? registration.active!;
      await new Promise<void>((resolve) => {
        const look = () => worker.state === 'activated' && resolve();
        worker.addEventListener('statechange', look);
        look();
      });
      const answered = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
      registration.active!.postMessage({ type: 'CACHE_INVALIDATE', layer: 'roads', version: '2' }, [port2]);
      return answered;
    }, script);
    expect(answer).toMatchObject({ ok: true, result: { applied: true, version: '2' } });
    expect(context.pages()).toHaveLength(1);
  });
});

test.describe('a worker that waits', () => {
  /** Installs the next release, and resolves once it waits. */
  const release = async (page: Page, script: string) => {
    await page.evaluate(async (script) => {
      const registration = await navigator.serviceWorker.register(script);
      await new Promise<void>((resolve) => {
        const look = () => {
          if (registration.waiting) resolve();
          else registration.installing?.addEventListener('statechange', look);
        };
        registration.addEventListener('updatefound', look);
        look();
      });
    }, script);
  };
  const activateWaiting = async (page: Page) => {
    await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      const { waiting } = registration;
      const active = new Promise<void>((resolve) =>
        waiting!.addEventListener('statechange', () => waiting!.state === 'activated' && resolve()),
      );
      waiting!.postMessage('go');
      await active;
    });
  };

  for (const to of ['active', 'waiting'] as const) {
    test(`a purge sent to the ${to} worker holds, before and after the waiting one takes over`, async ({
      server,
      openTab,
    }) => {
      const roads = originLayer(server, tilesOf('roads', 1), 'a');
      const page = await openTab({ worker });
      await storeOldThenPublish(page, roads, [one]);
      await release(page, await server.worker(nextRelease));
      if (to === 'active') await command(page, 'invalidate', { layer: 'roads', version: '2' });
      else {
        const ack = await page.evaluate(async () => {
          const { port1, port2 } = new MessageChannel();
          const answered = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
          const registration = await navigator.serviceWorker.getRegistration();
          registration!.waiting!.postMessage({ type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', id: 'raw' }, [
            port2,
          ]);
          return answered;
        });
        expect(ack).toMatchObject({ type: 'TILE_ACK', id: 'raw', ok: true, result: { applied: true } });
      }
      expect((await tile(page, one)).label).toBe('new');
      await settle(page);
      roads.content = () => 'newest';
      await command(page, 'invalidate', { layer: 'roads', version: '3' });
      await activateWaiting(page);
      expect(await layerStatus(page, 'roads')).toMatchObject({ version: '3' });
      expect((await tile(page, one)).label).toBe('newest');
    });
  }
});

test.describe('a worker that is stopped', () => {
  /** A worker that can be held at a gate: before it writes the rule, or after that and before the ack. */
  const gated = `
    import { now } from 'test-preamble';
    import { createTileCache } from 'sw-tile-cache/sw';
    let armed;
    self.addEventListener('message', ({ data }) => data?.arm && (armed = data.arm));
    const at = async (place) => armed === place && fetch('/gate/' + place, { cache: 'no-store' });
    // Here the message has arrived, and nothing is written yet.
    self.addEventListener('message', (event) => {
      if (armed !== 'before' || event.data?.type !== 'CACHE_INVALIDATE') return;
      event.stopImmediatePropagation();
      event.waitUntil(at('before'));
    });
    const gated = {
      open: (name) => caches.open(name),
      keys: async () => (await at('after'), caches.keys()),
      has: (name) => caches.has(name),
      delete: (name) => caches.delete(name),
    };
    createTileCache({ now, caches: gated, ...(${layers}) }).register({ skipWaiting: true, claim: true });
  `;

  for (const place of ['before', 'after'] as const) {
    test(`${place} it has written the rule, and before the ack: the client repeats the id, and the purge is applied once`, async ({
      server,
      openTab,
    }) => {
      const roads = originLayer(server, tilesOf('roads', 1), 'a');
      const page = await openTab({ worker: gated });
      await storeOldThenPublish(page, roads, [one]);
      const { result: first } = (await command(page, 'invalidate', { layer: 'poi' })) as { result: { epoch: number } };

      // The gate holds this worker until it is stopped. A restarted worker has no gate.
      const { opened, open } = gate();
      server.on(`/gate/${place}`, { gate: opened });
      const path = `/gate/${place}`;
      await post(page, { arm: place });
      const answered = command(page, 'invalidate', { layer: 'roads', version: '2' });
      await expect.poll(() => server.requests(path).length).toBe(1);
      await stopWorker(page);
      open();
      const answer = await answered;
      // If the rule was written before the stop, the repetition changes nothing, and its answer has the epoch of the rule.
      expect(answer).toMatchObject({
        ok: true,
        result: { layer: 'roads', version: '2', epoch: first.epoch + 1, applied: place === 'before' },
      });
      expect(await command(page, 'invalidate', { layer: 'poi' })).toMatchObject({ result: { epoch: first.epoch + 2 } });
      expect((await tile(page, one)).label).toBe('new');
    });
  }

  test('between any two requests: the purge holds, and a tile stored after it is a hit', async ({
    server,
    openTab,
  }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, [one]);
    await stopWorker(page);
    expect(await command(page, 'invalidate', { layer: 'roads', bbox: [-180, 0, 0, 80] })).toMatchObject({ ok: true });
    await stopWorker(page);
    expect((await tile(page, one)).label).toBe('new');
    await settle(page);
    await stopWorker(page);
    const asked = server.requests(one).length;
    const again = await tile(page, one);
    expect(again.label).toBe('new');
    expect(isHit(again.headers['cache-status'])).toBe(true);
    expect(server.requests(one)).toHaveLength(asked);
  });

  test('a repeated id changes nothing, and gets an ack again', async ({ openTab }) => {
    const page = await openTab({ worker });
    const first = await ask<any>(page, { type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', id: 'same' });
    await stopWorker(page);
    const second = await ask<any>(page, { type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', id: 'same' });
    expect(first.result.applied).toBe(true);
    expect(second).toMatchObject({ ok: true, id: 'same', result: { ...first.result, applied: false } });
  });
});

test.describe('several invalidations at once', () => {
  test('from two tabs: both are applied, and both tabs hear of both', async ({ server, openTab, anotherTab }) => {
    const paths = ['/tiles/roads/3/0/2.png', '/tiles/roads/3/7/5.png', '/tiles/roads/3/3/0.png'];
    const roads = originLayer(server, paths, 'a');
    const page = await openTab({ worker });
    const other = await anotherTab({ worker });
    await storeOldThenPublish(page, roads, paths);
    const answers = await Promise.all([
      command(page, 'invalidate', { layer: 'roads', bbox: [-179, 45, -160, 60], buffer: 0 }),
      command(other, 'invalidate', { layer: 'roads', bbox: [150, -60, 170, -45], buffer: 0 }),
    ]);
    const epochs = answers.map((answer) => (answer as any).result.epoch as number);
    expect(answers.every((answer) => (answer as any).result.applied)).toBe(true);
    expect(Math.abs(epochs[0]! - epochs[1]!)).toBe(1);
    for (const tab of [page, other]) expect(await labels(tab, paths)).toEqual(['new', 'new', 'old']);
    for (const tab of [page, other]) await expect.poll(async () => (await eventsOf(tab, 'invalidated')).length).toBe(2);
  });

  test('with the same id from two tabs: the purge is applied once', async ({ openTab, anotherTab }) => {
    const page = await openTab({ worker });
    const other = await anotherTab({ worker });
    const answers = (await Promise.all(
      [page, other].map((tab) => command(tab, 'invalidate', { layer: 'roads', version: '2', id: 'pipeline-1' })),
    )) as any[];
    expect(answers.map(({ result }) => result.applied).sort()).toEqual([false, true]);
    expect(new Set(answers.map(({ result }) => result.epoch)).size).toBe(1);
  });

  test('out of order: a lower revision is ignored, and a rollback has a higher one', async ({ server, openTab }) => {
    const poi = originLayer(server, tilesOf('poi', 1), 'v1');
    const path = '/tiles/poi/1/0/0.png';
    const page = await openTab({ worker });
    const announce = async (version: string, revision: number) =>
      (await ask<any>(page, { type: 'CACHE_INVALIDATE', layer: 'poi', version, revision })).result;
    expect(await announce('v3', 3)).toMatchObject({ applied: true, version: 'v3' });
    poi.version = 'v3';
    expect((await tile(page, path)).label).toBe('v3');
    await settle(page);
    const asked = server.requests(path).length;
    // Late messages change nothing, and nothing is fetched again.
    expect(await announce('v2', 2)).toMatchObject({ applied: false, version: 'v3' });
    expect(await announce('v1', 1)).toMatchObject({ applied: false, version: 'v3' });
    expect((await tile(page, path)).label).toBe('v3');
    expect(server.requests(path)).toHaveLength(asked);
    // Roll back to the old version.
    poi.version = 'v1';
    expect(await announce('v1', 4)).toMatchObject({ applied: true, version: 'v1' });
    const back = await tile(page, path);
    expect(back.label).toBe('v1');
    expect(back.headers['x-tile-version']).toBe('v1');
    expect((await messagesOf(page, 'VERSION_CHANGED')).map(({ version }) => version)).toEqual(['v1']);
  });
});

test.describe('a request in flight', () => {
  for (const mode of ['purge', 'stale'] as const) {
    test(`at the time of a ${mode} never brings its answer to a page as fresh after the ack`, async ({
      server,
      openTab,
    }) => {
      const { opened, open } = gate();
      const paths = tilesOf('roads', 1);
      const roads = originLayer(server, paths, 'a');
      roads.content = () => 'old';
      roads.exchange = { gate: opened };
      const page = await openTab({ worker });
      const early = tiles(page, paths);
      await expect.poll(() => paths.filter((path) => server.requests(path).length > 0).length).toBe(4);
      expect(await command(page, 'invalidate', { layer: 'roads', mode })).toMatchObject({ ok: true });
      roads.content = () => 'new';
      roads.exchange = {};
      const late = tiles(page, paths);
      open();
      // For both, the worker repeats the request rather than answer with bytes that were in flight at the ack.
      expect(new Set((await late).map(({ label }) => label))).toEqual(new Set(['new']));
      expect(new Set((await early).map(({ label }) => label))).toEqual(new Set(['new']));
      await settle(page);
      expect(new Set(await labels(page, paths))).toEqual(new Set(['new']));
      await stopWorker(page);
      expect(new Set(await labels(page, paths))).toEqual(new Set(['new']));
    });
  }

  test('after a purge does not get the purged bytes from the HTTP cache', async ({ server, openTab }) => {
    const roads = originLayer(server, tilesOf('roads', 1), 'a');
    roads.cc = 'max-age=31536000, immutable';
    const page = await openTab({ worker });
    await storeOldThenPublish(page, roads, [one]);
    await command(page, 'invalidate', { layer: 'roads' });
    expect((await tile(page, one)).label).toBe('new');
    // The same holds after a restart.
    await stopWorker(page);
    roads.content = () => 'newest';
    await command(page, 'invalidate', { layer: 'roads' });
    expect((await tile(page, one)).label).toBe('newest');
  });
});
