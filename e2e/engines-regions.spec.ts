// A region in Chromium, Firefox and WebKit: saved, complete without its origin, updated, removed, and imported from a file.
import { createHash } from 'node:crypto';
import type { RegionInfo, RegionSpec } from '../src/shared/regions';
import { HARBOUR, regionsWorker, urlsOf } from './fixtures/regions';
import { expect, test } from './fixtures/engine';
import type { Engine } from './fixtures/webkit';
import { png } from './server/tiles';

const SPEC: RegionSpec = { ...HARBOUR, zooms: [0, 11] };
const urls = urlsOf(SPEC);
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const script = `
  import { createTileCacheClient } from 'sw-tile-cache';
  window.open_ = async (serviceWorker) => {
    window.client ??= await createTileCacheClient({ serviceWorker });
    if (client.state !== 'active') await new Promise((resolve) => client.on('statechange', () => client.state === 'active' && resolve()));
  };
  window.until = async (id, edition) => {
    for (;;) {
      const info = (await client.regions.list()).find((one) => one.id === id);
      if (info?.state === 'complete' && info.edition === edition) return info;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
`;

type Opened = {
  open_: (worker: string) => Promise<void>;
  until: (id: string, edition: number) => Promise<RegionInfo>;
  client: import('../src/page/types').TileCacheClient;
};

const hashes = (page: Engine) =>
  page.evaluate(async (urls) => {
    const all: string[] = [];
    for (const url of urls) {
      const answer = await fetch(url).catch(() => undefined);
      const digest = new Uint8Array(
        await crypto.subtle.digest('SHA-256', (await answer?.arrayBuffer()) ?? new ArrayBuffer(0)),
      );
      all.push(answer?.ok ? [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('') : 'none');
    }
    return all;
  }, urls);

test('saves a region that is complete without its origin, updates and removes it, and imports it from a file', async ({
  engine: page,
  server,
}) => {
  test.setTimeout(180_000);
  let edition = 'one';
  let reachable = true;
  // The bodies are large enough for the worker to copy them from pack to pack.
  const body = (url: string) => png(`${edition} ${url}`, { padding: 20_000 });
  for (const url of urls)
    server.on(url, () =>
      reachable ? { body: body(url), etag: `"${edition} ${url}"`, cc: 'max-age=60' } : { reset: true },
    );
  const code = await server.worker(script);
  server.serve(
    '/client.html',
    `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="${code}"></script>`,
  );
  const worker = await server.worker(regionsWorker());
  await page.goto(`${server.url}/client.html`);
  await page.evaluate((worker) => (window as unknown as Opened).open_(worker), worker);
  const saved = await page.evaluate(async (spec) => {
    const { client, until } = window as unknown as Opened;
    await client.regions.save(spec);
    return until(spec.id, 1);
  }, SPEC);
  expect(saved).toMatchObject({ tiles: urls.length, total: urls.length, failed: 0 });

  reachable = false;
  await page.goto(`${server.url}/client.html`);
  await page.evaluate((worker) => (window as unknown as Opened).open_(worker), worker);
  expect(await hashes(page)).toEqual(urls.map((url) => sha(body(url))));
  const covered = await page.evaluate(async () => {
    const { client } = window as unknown as Opened;
    return client.coverage({ layer: 'roads', bounds: [9.7, 53.4, 10.2, 53.7], zooms: [0, 11] });
  }, undefined);
  expect(covered.length).toBe(urls.length);
  expect(covered.filter((one) => !one.covered)).toEqual([]);

  reachable = true;
  edition = 'two';
  const updated = await page.evaluate(async (id) => {
    const { client, until } = window as unknown as Opened;
    await client.regions.update(id);
    return until(id, 2);
  }, SPEC.id);
  expect(updated).toMatchObject({ tiles: urls.length, failed: 0 });
  reachable = false;
  expect(await hashes(page)).toEqual(urls.map((url) => sha(body(url))));

  const left = await page.evaluate(async (id) => {
    const { client } = window as unknown as Opened;
    Object.assign(window, { file: await client.regions.export(id) });
    await client.regions.remove(id);
    const packs = (await caches.keys()).filter((name) => name.split(':').length > 4);
    return { regions: (await client.regions.list()).length, packs: packs.length };
  }, SPEC.id);
  expect(left).toEqual({ regions: 0, packs: 0 });

  const imported = await page.evaluate(async () => {
    const { client, file } = window as unknown as Opened & { file: Blob };
    return (await client.regions.import(file)).info;
  }, undefined);
  expect(imported).toMatchObject({ state: 'complete', tiles: urls.length });
  expect(await hashes(page)).toEqual(urls.map((url) => sha(body(url))));
  await page.goto('about:blank');
});
