// Requests that share a flight, and requests that a page gives up.
import { hear, heard } from './fixtures/heard';
import { expect, settle, test, tile, workerSource } from './fixtures/test';

const path = '/tiles/roads/1/0/0.png';

function gate(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('concurrent requests for one tile share one request to the origin', async ({ server, controlled }) => {
  const { opened, open } = gate();
  server.on(path, { cc: 'max-age=60', gate: opened });
  const page = await controlled();
  const answers = Promise.all(Array.from({ length: 6 }, () => tile(page, path)));
  await expect.poll(() => server.requests(path).length).toBe(1);
  open();
  const statuses = (await answers).map(({ headers }) => headers['cache-status'] ?? '');
  expect(statuses.every((status) => /fwd-status=200|hit/.test(status))).toBe(true);
  expect(statuses.filter((status) => !/collapsed|hit/.test(status))).toHaveLength(1);
  expect(server.requests(path)).toHaveLength(1);
});

test('an aborted request does not fail the others that share its flight', async ({ server, controlled }) => {
  const { opened, open } = gate();
  server.on(path, { cc: 'max-age=60', gate: opened });
  const page = await controlled();
  await page.evaluate((url) => {
    const controller = new AbortController();
    Object.assign(window, {
      controller,
      aborted: fetch(url, { signal: controller.signal }).then(
        () => 'answered',
        (error: Error) => error.name,
      ),
    });
  }, path);
  await expect.poll(() => server.requests(path).length).toBe(1);
  const follower = tile(page, path);
  await page.evaluate(() => (window as unknown as { controller: AbortController }).controller.abort());
  expect(await page.evaluate(() => (window as unknown as { aborted: Promise<string> }).aborted)).toBe('AbortError');
  open();
  expect((await follower).label).toBe(`${path}#1`);
  expect(server.requests(path)).toHaveLength(1);
});

test('if the engine hides an abort from the worker, the response is still stored', async ({ server, controlled }) => {
  const { opened, open } = gate();
  server.on(path, { cc: 'max-age=60', gate: opened });
  const page = await controlled();
  await page.evaluate((url) => {
    const controller = new AbortController();
    Object.assign(window, { controller });
    fetch(url, { signal: controller.signal }).catch(() => {});
  }, path);
  await expect.poll(() => server.requests(path).length).toBe(1);
  await page.evaluate(() => (window as unknown as { controller: AbortController }).controller.abort());
  open();
  await settle(page);
  const answer = await tile(page, path);
  expect(answer.label).toBe(`${path}#1`);
  expect(server.requests(path)).toHaveLength(1);
});

test.describe('opaque responses', () => {
  const noCors = (url: string) => `${url}/tiles/roads/1/0/0.png`;

  test('are passed on and not stored by default', async ({ server, controlled }) => {
    server.cors.allow = false;
    server.on(path, { cc: 'max-age=60' });
    const page = await controlled(
      workerSource(`{ layers: { roads: { template: '${server.crossUrl}/tiles/roads/*' } } }`),
    );
    await hear(page);
    for (let time = 0; time < 2; time += 1) {
      expect((await tile(page, noCors(server.crossUrl), { mode: 'no-cors', cache: 'no-cache' })).type).toBe('opaque');
      await settle(page);
    }
    // Three requests for two fetches: for the first one the worker also tries CORS, and remembers that it failed.
    expect(server.requests(path)).toHaveLength(3);
    expect((await heard(page)).find(({ notice }) => notice === 'opaque')?.detail ?? '').toMatch(/crossorigin/i);
  });

  test('are stored if the layer allows it', async ({ server, controlled }) => {
    server.cors.allow = false;
    server.on(path, [{ cc: 'max-age=60' }, { cc: 'max-age=60' }, { reset: true }]);
    const page = await controlled(
      workerSource(
        `{ layers: { roads: { template: '${server.crossUrl}/tiles/roads/*', opaque: true, maxAge: 60, staleIfError: 600 } } }`,
      ),
    );
    await tile(page, noCors(server.crossUrl), { mode: 'no-cors' });
    await settle(page);
    const again = await tile(page, noCors(server.crossUrl), { mode: 'no-cors', cache: 'no-cache' });
    expect(again.type).toBe('opaque');
    expect(again.error).toBeUndefined();
  });

  test('do not answer a CORS request', async ({ server, controlled }) => {
    server.on(path, { cc: 'max-age=60' });
    const page = await controlled(
      workerSource(`{ layers: { roads: { template: '${server.crossUrl}/tiles/roads/*', opaque: true, maxAge: 60 } } }`),
    );
    await tile(page, noCors(server.crossUrl), { mode: 'no-cors' });
    await settle(page);
    const readable = await tile(page, noCors(server.crossUrl));
    expect(readable.status).toBe(200);
    expect(readable.label).toMatch(path);
  });
});
