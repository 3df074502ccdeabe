// The main behaviours in Chromium, Firefox and WebKit.
import { advance, ask, expect, image, settle, test, tile } from './fixtures/engine';
import { png } from './server/tiles';

const path = '/tiles/roads/1/0/0.png';

test('a fresh tile causes no request', async ({ server, controlled }) => {
  server.on(path, { cc: 'max-age=60' });
  const page = await controlled();
  const first = await tile(page, path);
  await settle(page);
  const second = await tile(page, path);
  expect(first.headers['cache-status']).toContain('fwd=uri-miss');
  expect(second.headers['cache-status']).toContain('hit');
  expect(second.hash).toBe(first.hash);
  expect(server.requests(path)).toHaveLength(1);
});

test('<img> is served from the store', async ({ server, controlled }) => {
  server.on(path, { cc: 'max-age=60' });
  const page = await controlled();
  expect(await image(page, path)).toBe(8);
  await settle(page);
  expect(await image(page, `${path}?`)).toBe(8);
  expect((await tile(page, path)).headers['cache-status']).toContain('hit');
  expect(server.requests(path).length).toBeLessThanOrEqual(2);
});

test('a large body streams completely to a fetch and to <img>, even if the first fetch aborts half way', async ({
  server,
  controlled,
}) => {
  const body = png(path, { padding: 3_000_000 });
  server.on(path, { cc: 'max-age=60', framing: 'chunked', body });
  const page = await controlled();
  const sizes = await page.evaluate(
    async ([url, other]) => {
      const leaving = new AbortController();
      const reader = (await fetch(url, { signal: leaving.signal })).body!.getReader();
      const { value } = await reader.read();
      leaving.abort();
      const rest = await reader.read().then(
        () => 'read on',
        (error: Error) => error.name,
      );
      const whole = async (one: string) => (await (await fetch(one)).arrayBuffer()).byteLength;
      return { begun: value!.byteLength > 0, rest, left: await whole(url), other: await whole(other) };
    },
    [path, `${path}?size=1`] as const,
  );
  expect(sizes).toEqual({ begun: true, rest: 'AbortError', left: body.length, other: body.length });
  expect(await image(page, `${path}?size=2`)).toBe(8);
  await settle(page);
  const again = await page.evaluate(async (url) => (await fetch(url)).headers.get('cache-status'), path);
  expect(again).toContain('hit');
});

test('a stale tile is answered at once and validated in the background', async ({ server, controlled }) => {
  server.on(path, { cc: 'max-age=60, stale-while-revalidate=600', etag: '"a"' });
  const page = await controlled();
  await tile(page, path);
  await settle(page);
  await advance(page, server, 90);
  const stale = await tile(page, path);
  expect(stale.headers['age']).toBe('90');
  expect(stale.headers['cache-status']).toContain('hit; ttl=-30');
  await settle(page);
  expect(server.requests(path).map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"a"']);
  expect((await tile(page, path)).headers['age']).toBe('0');
});

test('a new tile replaces a stale one, although the HTTP cache still has the old one', async ({
  server,
  controlled,
}) => {
  server.on(path, [
    { cc: 'max-age=600', etag: '"a"' },
    { cc: 'max-age=600', etag: '"b"' },
  ]);
  const page = await controlled();
  await tile(page, path);
  await settle(page);
  await advance(page, server, 700);
  expect((await tile(page, path)).label).toBe(`${path}#2`);
});

test('a stored tile stands in for a failed origin', async ({ server, controlled }) => {
  server.on(path, [{ cc: 'max-age=60, stale-if-error=600' }, { status: 503 }]);
  const page = await controlled();
  await tile(page, path);
  await settle(page);
  await advance(page, server, 90);
  const answer = await tile(page, path);
  expect(answer.label).toBe(`${path}#1`);
  expect(answer.headers['cache-status']).toContain('fwd-status=503');
});

test('a purge is acked, and the next request goes to the origin', async ({ server, controlled }) => {
  server.on(path, { cc: 'max-age=600' });
  const page = await controlled();
  await tile(page, path);
  await settle(page);
  const ack = await ask<{ type: string; ok: boolean }>(page, {
    type: 'CACHE_INVALIDATE',
    layer: 'roads',
    version: '2',
    id: 'one',
  });
  expect(ack).toMatchObject({ type: 'TILE_ACK', id: 'one', ok: true });
  const answer = await tile(page, path);
  expect(answer.label).toBe(`${path}#2`);
});

test('purges are acked and hold after a newer release has raised the version of the ledger’s database', async ({
  server,
  controlled,
}) => {
  server.on(path, { cc: 'max-age=600' });
  const page = await controlled();
  await tile(page, path);
  await settle(page);
  await page.evaluate(
    (prefix) =>
      new Promise<void>((resolve, reject) => {
        const raise = ({ name, version }: IDBDatabaseInfo) => {
          const open = indexedDB.open(name!, version! + 1);
          open.onupgradeneeded = () => void open.result.createObjectStore('later');
          open.onsuccess = () => (open.result.close(), resolve());
          open.onerror = () => reject(new Error(String(open.error)));
        };
        indexedDB
          .databases()
          .then((all) => raise(all.find((one) => one.name!.startsWith(prefix))!))
          .catch(reject);
      }),
    'tile-cache-ledger:',
  );
  expect((await tile(page, path)).headers['cache-status']).toContain('hit');
  const ack = await ask<{ ok: boolean }>(page, { type: 'CACHE_INVALIDATE', layer: 'roads' });
  expect(ack).toMatchObject({ ok: true });
  expect((await tile(page, path)).label).toBe(`${path}#2`);
  await settle(page);
  expect((await tile(page, path)).headers['cache-status']).toContain('hit');
});

test('a message with an unknown field is refused', async ({ controlled }) => {
  const page = await controlled();
  const ack = await ask(page, { type: 'CACHE_INVALIDATE', layer: 'roads', zoom: 3 });
  expect(ack).toMatchObject({ ok: false, error: { field: expect.stringContaining('zoom') } });
});

for (const [what, fault] of Object.entries({
  'a truncated body with a length': { truncate: 10 },
  'a truncated body without a length': { truncate: 20, framing: 'close' },
  'a truncated gzip stream': { truncate: 40, framing: 'close', gzip: true },
  'a truncated gzip stream with a length': { truncate: 40, gzip: true },
  "a portal's page": { body: '<!doctype html><title>Sign in</title>', headers: { 'content-type': 'text/html' } },
} as const)) {
  test(`${what} does not replace a good tile`, async ({ server, controlled }) => {
    const good = { cc: 'max-age=60, stale-if-error=6000' };
    server.on(path, [
      { ...good, etag: '"a"' },
      { ...good, ...fault, etag: '"b"' },
      { ...good, etag: '"c"' },
    ]);
    const page = await controlled();
    await tile(page, path);
    await settle(page);
    await advance(page, server, 90);
    expect((await tile(page, path)).headers['etag']).toBe('"a"');
    await settle(page);
    expect((await tile(page, path)).headers['etag']).not.toBe('"b"');
  });
}

test('requests to another origin need no preflight', async ({ server, controlled }) => {
  server.cors.expose = ['*'];
  server.on(path, { cc: 'max-age=60', etag: '"a"' });
  const page = await controlled(`{ layers: { roads: { template: '${server.crossUrl}/tiles/roads/*' } } }`);
  const first = await tile(page, server.crossUrl + path);
  await settle(page);
  await advance(page, server, 90);
  const second = await tile(page, server.crossUrl + path);
  expect(first.status).toBe(200);
  // Check no headers: Chromium and Firefox validate through the HTTP cache, which in WebKit may not have stored the tile.
  expect(second.status).toBe(200);
  expect(server.requests().map(({ method }) => method)).toEqual(['GET', 'GET']);
});
