// Unusual behaviour of pages, servers and networks, as real exchanges in one page.
import type { Page } from '@playwright/test';
import { advance, ask, expect, image, register, settle, setClock, tile, workerSource } from './fixtures/test';
import { hear, heard } from './fixtures/heard';
import { test } from './fixtures/shared-page';
import type { TileServer } from './server/tile-server';
import { mvt, png } from './server/tiles';

test.describe.configure({ timeout: 120_000 });

const path = '/tiles/roads/1/0/0.png';

/** Opens the page under a worker with these options. */
async function open(page: Page, server: TileServer, options = '{}') {
  await page.goto(`${server.url}/`);
  await register(page, await server.worker(workerSource(options)));
  await setClock(page, server);
}

const status = (answer: { headers: Record<string, string> }) => answer.headers['cache-status'] ?? '';

test('leaves an event stream under a tile path to the browser', async ({ server, page }) => {
  const events = '/tiles/roads/events.png';
  server.on(events, {
    headers: { 'content-type': 'text/event-stream' },
    body: `data: hello\n\n:${'.'.repeat(4096)}\n\n`,
    hang: 'body',
  });
  await open(page, server);
  const heard = await page.evaluate(async (url) => {
    const source = new EventSource(url);
    const message = await new Promise<MessageEvent>((resolve) => (source.onmessage = resolve));
    source.close();
    // Send the same request with fetch, whose headers show that the worker did not answer it.
    const leaving = new AbortController();
    const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: leaving.signal });
    leaving.abort();
    return [message.data, response.headers.get('cache-status')];
  }, events);
  expect(heard).toEqual(['hello', null]);
});

test('a request that refuses redirects gets none, whether the tile is stored or not', async ({ server, page }) => {
  const target = '/elsewhere/tile.png';
  server.on(path, { status: 302, headers: { location: target }, cc: 'max-age=60' });
  server.on(target, { cc: 'max-age=60' });
  await open(page, server);
  for (const round of ['not stored', 'stored']) {
    expect(await tile(page, path, { redirect: 'error' }), round).toMatchObject({ status: 0 });
    expect(await tile(page, path, { redirect: 'manual' }), round).toMatchObject({ status: 0, type: 'opaqueredirect' });
    expect(await tile(page, path), round).toMatchObject({ status: 200, label: `${target}#1` });
    await settle(page);
  }
  expect(status(await tile(page, path))).toContain('hit');
});

test('range requests and unknown methods pass unchanged, and damage no stored tile', async ({ server, page }) => {
  const whole = png('whole');
  server.on(path, ({ method, headers, body }) => {
    if (method === 'REPORT') return { status: 207, body: `report of ${body}`, headers: { 'x-seen': 'yes' } };
    if (headers.range === undefined) return { body: whole, cc: 'max-age=60' };
    const range = `bytes 0-3/${whole.length}`;
    return { status: 206, body: whole.subarray(0, 4), headers: { 'content-range': range }, cc: 'max-age=60' };
  });
  await open(page, server);
  const part = await tile(page, path, { headers: { range: 'bytes=0-3' } });
  expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 0-3/${whole.length}`]);
  await settle(page);
  expect(await tile(page, path)).toMatchObject({ status: 200, label: 'whole' });
  await settle(page);
  const report = await tile(page, path, { method: 'REPORT', body: 'question' });
  expect(report).toMatchObject({ status: 207, text: 'report of question' });
  expect(report.headers['x-seen']).toBe('yes');
  await settle(page);
  // The bytes are the same whether the worker cuts them out of the stored tile or requests them.
  const again = await tile(page, path, { headers: { range: 'bytes=0-3' } });
  expect([again.status, again.text]).toEqual([206, part.text]);
  expect(await tile(page, path)).toMatchObject({ status: 200, label: 'whole' });
});

test("with offline: 'always', a must-revalidate tile is answered without a network, and only then", async ({
  server,
  page,
}) => {
  server.on(path, { cc: 'no-cache, must-revalidate', etag: '"a"' });
  await open(page, server, `{ layers: { roads: { offline: 'always' } } }`);
  await tile(page, path);
  await settle(page);
  await advance(page, server, 7 * 86_400);
  const online = await tile(page, path);
  expect(online.headers['cache-status']).toContain('fwd-status=304');
  await settle(page);
  await page.context().setOffline(true);
  try {
    const offline = await tile(page, path);
    expect(offline).toMatchObject({ status: 200, hash: online.hash });
    expect(status(offline)).toMatch(/detail=(network|disconnected)/);
  } finally {
    await page.context().setOffline(false);
  }
  server.on(path, { status: 503 });
  await expect.poll(async () => (await tile(page, path)).status).toBe(503);
});

test('stores images that the page’s own origin redirects to another host, if that host allows CORS', async ({
  server,
  page,
}) => {
  const paths = [0, 1, 2].map((x) => `/tiles/roads/3/${x}/0.png`);
  for (const one of paths) {
    server.on(one, ({ origin }) =>
      origin === 'cross' ? { cc: 'max-age=600' } : { status: 302, headers: { location: server.crossUrl + one } },
    );
  }
  await open(page, server);
  for (const one of paths) {
    expect(await image(page, one)).toBe(8);
    await settle(page);
  }
  const asked = server.requests().length;
  for (const one of paths.slice(1)) expect(status(await tile(page, one))).toContain('hit');
  expect(server.requests()).toHaveLength(asked);
});

test('a tile with Vary: Cookie is validated each time, with a notice; with ignoreVary it is a hit, also offline', async ({
  server,
  page,
}) => {
  const ignored = '/tiles/ignored/1/0/0.png';
  for (const one of [path, ignored]) server.on(one, { cc: 'max-age=3600', etag: '"a"', headers: { vary: 'Cookie' } });
  await open(page, server, `{ layers: { roads: {}, ignored: { ignoreVary: ['Cookie'] } } }`);
  await hear(page);
  const bare = { credentials: 'omit' } as const;
  for (const init of [{}, bare]) {
    await tile(page, path, init);
    await tile(page, ignored, init);
    await settle(page);
  }
  expect((await heard(page)).filter(({ notice }) => notice === 'vary')).toMatchObject([
    { layer: 'roads', detail: expect.stringMatching(/cookie/i) },
  ]);
  await page.context().setOffline(true);
  try {
    expect(status(await tile(page, ignored))).toContain('hit');
    expect((await tile(page, path)).status).toBe(504);
    // Requests that omit credentials have no cookies to compare, so they select the same response.
    expect(status(await tile(page, path, bare))).toContain('hit');
  } finally {
    await page.context().setOffline(false);
  }
});

for (const header of ['authorization', 'x-api-key']) {
  test(`a response to a request with a secret in ${header} reaches nobody else, not even through the HTTP cache`, async ({
    server,
    page,
  }) => {
    const secrets: Array<Record<string, string>> = [{ [header]: 'Bearer ann' }, {}, { [header]: 'Bearer bob' }];
    server.on(path, ({ headers }) => ({ cc: 'max-age=3600', body: png(`of ${String(headers[header] ?? 'nobody')}`) }));
    await open(page, server);
    const all = async () => {
      const labels = [];
      for (const headers of secrets) {
        labels.push((await tile(page, path, { headers })).label);
        await settle(page);
      }
      return labels;
    };
    const own = ['of Bearer ann', 'of nobody', 'of Bearer bob'];
    expect(await all()).toEqual(own);
    // Clear the worker's store, so that a response of the HTTP cache would show.
    for (const order of [1, 2]) {
      await ask(page, { type: 'TILE_CLEAR', id: `clear${order}` });
      secrets.reverse();
      own.reverse();
      expect(await all()).toEqual(own);
    }
    const keys = await page.evaluate(async () => {
      const found = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return found.flat().map(({ url }) => url);
    });
    expect(keys.join()).not.toMatch(/ann|bob|Bearer/);
  });
}

test('a rollback of versioned URLs never shows another version’s bytes as fresh', async ({ server, page }) => {
  let version = '1';
  // The origin has only its current edition, whatever version the URL names.
  server.on(path, () => ({
    body: png(`v${version}`),
    cc: 'max-age=31536000, immutable',
    headers: { 'x-tile-version': version },
  }));
  await open(page, server, `{ layers: { roads: { versionedUrls: true } } }`);
  let revision = 0;
  const publish = async (next: string) => {
    version = next;
    revision += 1;
    const manifest = { layers: { roads: { version, revision } } };
    await ask(page, { type: 'TILE_VERSIONS', id: `m${revision}`, manifest, confirmedAt: server.clock });
  };
  for (const next of ['1', '2', '1', '2', '1']) {
    await publish(next);
    for (const asked of ['1', '2', undefined]) {
      const answer = await tile(page, asked === undefined ? path : `${path}?v=${asked}`);
      await settle(page);
      const fresh = /hit; ?ttl=[1-9]/.test(status(answer));
      const told = `v${next} in force, ${asked} asked: ${answer.label} ${status(answer)}`;
      if (fresh) expect(answer.label, told).toBe(`v${asked ?? next}`);
      if (asked === undefined || asked === next) expect(answer.label, told).toBe(`v${next}`);
      // The version header must name the version of the bytes.
      expect(answer.headers['x-tile-version'], told).toBe(answer.label!.slice(1));
    }
  }
});

test('a tile of an unannounced version answers only its own URL, and stands in for others offline', async ({
  server,
  page,
}) => {
  server.on(path, ({ url }) => ({ body: png(/v=(\w*)/.exec(url)?.[1] ?? ''), cc: 'max-age=31536000, immutable' }));
  await open(page, server);
  for (const token of ['a', 'b', 'a']) {
    expect(await tile(page, `${path}?v=${token}`)).toMatchObject({ status: 200, label: token });
    await settle(page);
  }
  expect(server.requests(path)).toHaveLength(2);
  for (const version of ['a', 'c'])
    await ask(page, { type: 'TILE_VERSIONS', id: version, manifest: { version }, confirmedAt: server.clock });
  await page.context().setOffline(true);
  try {
    const answer = await tile(page, `${path}?v=c`);
    expect(answer.label).toMatch(/^[ab]$/);
    expect(status(answer)).toMatch(/fwd=stale; detail=(network|disconnected)/);
    expect(answer.headers['x-tile-version']).toBeUndefined();
  } finally {
    await page.context().setOffline(false);
  }
});

test('a truncated gzipped vector tile without a length is not stored, and replaces no good tile', async ({
  server,
  page,
}) => {
  const url = '/tiles/roads/1/0/0.pbf';
  // Use a pseudo-random label that gzip cannot compress, so that the body is long enough to truncate.
  const label = Array.from({ length: 16 }, (_, i) => ((i * 2654435761) % 4294967296).toString(36))
    .join('')
    .slice(0, 90);
  const body = mvt(label);
  const good = { cc: 'max-age=60, stale-if-error=86400', body, gzip: true };
  const cut = { ...good, etag: '"cut"', truncate: 40, framing: 'close' } as const;
  server.on(url, [cut, { ...good, etag: '"good"' }, cut, { ...good, etag: '"new"' }]);
  await open(page, server);
  const first = await tile(page, url);
  expect(first.label).not.toBe(label);
  await settle(page);
  const second = await tile(page, url);
  expect([second.label, second.headers['etag']]).toEqual([label, '"good"']);
  await settle(page);
  await advance(page, server, 90);
  const stale = await tile(page, url);
  expect([stale.status, stale.label, stale.headers['etag']]).toEqual([200, label, '"good"']);
  expect(status(stale)).toContain('fwd=stale');
  await settle(page);
  expect((await tile(page, url)).headers['etag']).toBe('"new"');
});
