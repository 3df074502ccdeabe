// In a file of its own: the mock is of a script that the other tests expect to be loaded.
import { expect, it, vi } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import type { ClientEvents } from '../../../src/client/types';
import { createFakeBrowser } from '../fake-browser';
import { settle } from '../fake-clock';

it('a stream whose script fails to load is reported, and tried again after the next good check', async () => {
  vi.doMock('../../../src/versions/stream', () => {
    throw new TypeError('Failed to fetch dynamically imported module');
  });
  const browser = createFakeBrowser();
  browser.activeWorker();
  const serve = (version: string) =>
    void (browser.origin.respond = () => Response.json({ layers: { roads: { version } } }));
  serve('a');
  const tab = browser.openTab();
  const made = createTileCacheClient(
    { serviceWorker: '/sw.js', versions: { url: '/v', interval: 600, stream: '/v/stream' } },
    tab.env,
  );
  await browser.clock.advance(0);
  const client = await made;
  const changes: unknown[] = [];
  const checks: Array<ClientEvents['versioncheck']> = [];
  client.on('versionchange', (change) => changes.push(change));
  client.on('versioncheck', (check) => checks.push(check));
  await browser.clock.advance(1000);
  await client.check();
  await vi.waitFor(() => expect(checks.at(-1)?.ok).toBe(false));
  vi.doUnmock('../../../src/versions/stream');
  expect(tab.sources).toHaveLength(0);
  expect(checks).toContainEqual({ ok: false, error: expect.objectContaining({ code: 'NETWORK_FAILED' }), failures: 0 });
  browser.origin.respond = () => new Response(null, { status: 503 });
  await client.check();
  await settle();
  expect(tab.sources).toHaveLength(0);
  serve('a');
  await client.check();
  await client.check();
  await vi.waitFor(() => expect(tab.sources).toHaveLength(1));
  tab.sources[0]!.onmessage!({ data: JSON.stringify({ layers: { roads: { version: 'b' } } }) });
  await settle();
  expect(changes).toHaveLength(1);
});
