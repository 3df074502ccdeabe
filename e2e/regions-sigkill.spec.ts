// The browser is killed while it saves a region, again and again: it ends whole, and few tiles are asked for twice.
import { chromium } from '@playwright/test';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegionSpec } from '../src/shared/regions';
import { kill } from './fixtures/kill';
import { fetchAll, HARBOUR, openRegionTab, regionCall, untilState, urlsOf } from './fixtures/regions';
import { expect, test } from './fixtures/test';
import { png } from './server/tiles';

// REGION_KILLS=10 takes some minutes.
const KILLS = Number(process.env['REGION_KILLS'] ?? 3);
const SPEC: RegionSpec = { ...HARBOUR, id: 'killed', zooms: [0, 14] };
const urls = urlsOf(SPEC);
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a region is saved by a browser that is killed again and again', async ({ server, launchOptions }) => {
  test.setTimeout(60_000 + 60_000 * KILLS);
  const profile = await mkdtemp(join(tmpdir(), 'regions-sigkill-'));
  const open = async () => {
    const context = await chromium.launchPersistentContext(profile, { ...launchOptions, serviceWorkers: 'allow' });
    const page = context.pages()[0] ?? (await context.newPage());
    await openRegionTab(page, server);
    return { context, page };
  };
  for (const url of urls) server.on(url, { body: png(url), cc: 'max-age=60' });
  const asked = () => server.requests().filter(({ path }) => path.startsWith('/tiles/')).length;
  try {
    let { context, page } = await open();
    await regionCall(page, 'save', SPEC);
    for (let i = 1; i <= KILLS; i += 1) {
      await expect.poll(asked, { timeout: 60_000, intervals: [20] }).toBeGreaterThan((urls.length * i) / (KILLS + 1));
      await kill(context);
      // Nobody asks for it: the page that opens goes on.
      ({ context, page } = await open());
    }
    expect(await untilState(page, 'killed', 'complete')).toMatchObject({ tiles: urls.length, failed: 0 });
    // What was on its way: three at once behind what a map waits for, over HTTP/1.1.
    expect(asked() - urls.length).toBeLessThanOrEqual(Math.max(urls.length * 0.02, 6 * KILLS));
    await context.setOffline(true);
    const inside = await fetchAll(page, urls);
    expect(inside.filter(({ url, hash }) => hash !== sha(png(url)))).toEqual([]);
    await context.close();
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
