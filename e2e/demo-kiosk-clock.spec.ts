// The demo's sign after a power cut: the clock is in 1971, and there is no network. The sign still shows the stored tiles.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { colours, difference, expect, mapPixels, test } from './fixtures/demo';
import { SHIM, shift } from './fixtures/shifted-clock';

test.use({ viewport: { width: 800, height: 560 } });
test.describe.configure({ timeout: 240_000 });

const YEAR = 365 * 86_400_000;

/** Starts a proxy of the demo that gives the worker a clock of the test, and whose connections the test can cut. */
async function startHost(demo: string) {
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const isWorker = url === '/sw.js';
    const sent = isWorker ? { ...headers, 'accept-encoding': 'identity' } : headers;
    const onward = request(new URL(url, demo), { method: method!, headers: sent }, (answer) => {
      const { 'content-length': _, ...others } = answer.headers;
      outgoing.writeHead(answer.statusCode!, isWorker ? others : answer.headers);
      if (isWorker) outgoing.write(SHIM);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://localhost:${port}/`, cut, mend: () => listen(port) };
}

/** Moves the sign to its first stop. Returns the finished picture. */
async function picture(page: Page): Promise<number[]> {
  await page.waitForFunction(() => (window as any).demo?.map.loaded(), undefined, { polling: 100, timeout: 90_000 });
  await page.evaluate(async () => {
    const { map } = (window as any).demo;
    const idle = new Promise((resolve) => map.once('idle', resolve));
    map.jumpTo({ center: [6, 48], zoom: 4.3 });
    map.triggerRepaint();
    await idle;
  });
  return mapPixels(page);
}

test('a sign that starts in 1971 without a network shows its stored tiles, and recovers by itself', async ({
  page,
  demo,
}) => {
  const host = await startHost(demo.url);
  const badge = page.locator('tile-age');
  await page.addInitScript(SHIM);
  await page.goto(`${host.url}kiosk`);
  await expect(badge).toHaveAttribute('state', 'current', { timeout: 90_000 });
  await picture(page);
  await page.reload();
  await expect(badge).toHaveAttribute('state', 'current', { timeout: 90_000 });
  const before = await picture(page);
  expect(colours(before)).toBeGreaterThan(5);

  await host.cut();
  await shift(page, -55 * YEAR);
  await page.reload();
  // Only the flood zones are missing: their layer discards stale tiles.
  expect(difference(before, await picture(page))).toBeLessThan(0.1);
  const missing = await page.evaluate(() => {
    const { layers } = (window as any).demo.client.status();
    return Object.keys(layers).filter((layer) => layers[layer].shown.some((tile: any) => tile.missing));
  });
  expect(missing).toEqual(['flood_zones']);
  await expect(badge).toHaveAttribute('state', /offline|failing|unknown/, { timeout: 60_000 });
  await expect(badge).not.toContainText(/NaN|-\d|\d,\d{3} days|\d yr/);

  // The network comes back and sets the clock.
  await host.mend();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(badge).toHaveAttribute('state', 'current', { timeout: 90_000 });
  await shift(page, 0);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(badge).not.toContainText(/day|yr|hr/);
  await expect(badge).toHaveAttribute('state', 'current', { timeout: 90_000 });
  await page.close();
  await host.cut();
});
