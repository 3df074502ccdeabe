// Kills the browser while it stores tiles, as a kiosk's power switch does. Every tile that was reported as stored survives,
// no purged tile comes back, and no tile is corrupt.
import { chromium, type Page } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from './fixtures/kill';
import { ask, expect, register, test, workerSource } from './fixtures/test';
import { labelOf, png } from './server/tiles';

const ROUNDS = 2;
/** More tiles than the browser can store before it is killed. */
const paths = Array.from({ length: 4000 }, (_, i) => `/tiles/roads/8/${i % 64}/${Math.floor(i / 64)}.png`);

/**
 * Fetches each tile twice at once. The second fetch shares the first one's request, and its answer says whether the tile
 * was stored.
 */
const fill = (page: Page) =>
  page.evaluate((paths) => {
    let next = 0;
    const one = async (path: string) => {
      const answer = await fetch(path);
      await answer.arrayBuffer();
      if (/; stored\b/.test(answer.headers.get('cache-status') ?? '')) console.info(`stored ${path}`);
    };
    const worker = async () => {
      while (next < paths.length) {
        const path = paths[next++]!;
        await Promise.all([one(path), one(path)]);
      }
    };
    for (let i = 0; i < 8; i += 1) void worker();
  }, paths);

const readAll = (page: Page, paths: readonly string[]) =>
  page.evaluate(
    (paths) =>
      Promise.all(
        paths.map(async (path) => {
          const answer = await fetch(path);
          const bytes = [...new Uint8Array(await answer.arrayBuffer())];
          return { path, status: answer.status, cacheStatus: answer.headers.get('cache-status') ?? '', bytes };
        }),
      ),
    paths,
  );

test('each tile that was reported as stored survives when the browser is killed while it stores more', async ({
  server,
  launchOptions,
}) => {
  // The test starts the browser three times, on a busy machine.
  test.setTimeout(120_000);
  const profile = await mkdtemp(join(tmpdir(), 'sigkill-'));
  const open = async () => {
    const context = await chromium.launchPersistentContext(profile, { ...launchOptions, serviceWorkers: 'allow' });
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(`${server.url}/`);
    return { context, page };
  };
  let edition = 0;
  let reachable = true;
  for (const path of paths)
    server.on(path, () => (reachable ? { cc: 'max-age=3600', body: png(`${path} of ${edition}`) } : { reset: true }));
  try {
    let { context, page } = await open();
    await register(page, await server.worker(workerSource()));
    for (edition = 1; edition <= ROUNDS; edition += 1) {
      const said = new Set<string>();
      const enough = new Promise<void>((resolve) => {
        page.on('console', (message) => {
          const path = /^stored (.*)/.exec(message.text())?.[1];
          if (path && said.add(path).size >= 60 * edition) resolve();
        });
      });
      expect(await ask(page, { type: 'CACHE_INVALIDATE', layer: 'roads', id: `${edition}` })).toMatchObject({
        ok: true,
      });
      await fill(page);
      await enough;
      await kill(context);

      reachable = false;
      ({ context, page } = await open());
      const last = Math.max(...[...said].map((path) => paths.indexOf(path)));
      const answers = await readAll(page, paths.slice(0, last + 50));
      const shown = answers.filter(({ status }) => status === 200);
      const wrong = shown.filter(
        ({ path, bytes }) =>
          labelOf(Uint8Array.from(bytes)) !== `${path} of ${edition}` ||
          bytes.length !== png(`${path} of ${edition}`).length,
      );
      expect(wrong.map(({ path, cacheStatus }) => `${path} ${cacheStatus}`)).toEqual([]);
      const there = new Set(shown.map(({ path }) => path));
      expect([...said].filter((path) => !there.has(path))).toEqual([]);
      expect(said.size).toBeLessThan(paths.length);
      reachable = true;
    }
    await context.close();
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
