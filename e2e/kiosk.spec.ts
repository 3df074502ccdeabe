// Signs that nobody touches, in several tabs: what the origin orders reaches each of them.
import { expect, ready, test } from './adapters/map-page';
import { BAD, GOOD, LEAFLET, log, manifest, openSign, registrations, state } from './adapters/sign';
import { shows } from './adapters/worker-page';
import { bundle } from './server/bundle';

test.describe.configure({ timeout: 180_000 });

test('a bad worker is off in every tab within one poll, and on again when it is withdrawn', async ({
  page,
  context,
  origin,
}) => {
  await openSign(page, origin, LEAFLET, BAD);
  const other = await context.newPage();
  await other.goto(`${origin.url}/sign`, { waitUntil: 'commit' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => navigator.serviceWorker?.controller != null);
    await tab.reload({ waitUntil: 'commit' });
  }
  manifest(origin, { worker: 'off' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => navigator.serviceWorker.controller === null, undefined, { timeout: 60_000 });
    await ready(tab);
    await shows(tab, 'old');
  }
  expect(await registrations(page)).toBe(0);
  // Not registered by the next load either.
  await page.reload();
  await ready(page);
  expect(await registrations(page)).toBe(0);
  origin.serve('/sw.js', await bundle(GOOD), 'text/javascript');
  manifest(origin);
  await expect.poll(() => state(page), { timeout: 30_000 }).toBe('active');
  // The tab that reads the manifest first does it for all.
  expect(`${await log(page)}${await log(other)}`).toContain('{"worker":"on"}');
});

test('a token has every tab load itself anew, once', async ({ page, context, origin }) => {
  await openSign(page, origin, LEAFLET);
  await ready(page);
  const other = await context.newPage();
  await other.goto(`${origin.url}/sign`);
  await ready(other);
  for (const tab of [page, other]) {
    // A token in the first manifest that a page reads may be as old as the page: it has read one, and another since.
    const checkedAt = () =>
      tab.evaluate(
        () => (window as never as { client?: { status(): { checkedAt?: number } } }).client?.status().checkedAt ?? 0,
      );
    await expect.poll(checkedAt).toBeGreaterThan(0);
    const first = await checkedAt();
    await expect.poll(checkedAt).toBeGreaterThan(first);
    await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
  }
  manifest(origin, { reload: 'a' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => !(window as never as { old?: boolean }).old, undefined, { timeout: 30_000 });
    await ready(tab);
    await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
  }
  // Some polls later they are still the same documents.
  let polls = 0;
  page.on('request', (request) => (polls += request.url().endsWith('/version.json') ? 1 : 0));
  await expect.poll(() => polls, { timeout: 30_000 }).toBeGreaterThan(3);
  for (const tab of [page, other])
    expect(await tab.evaluate(() => (window as never as { old?: boolean }).old)).toBe(true);
});
