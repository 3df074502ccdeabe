import type { Tab } from '../fixtures/tab';
import { POINTS, census, record } from './film';
import { type MapWindow, expect, frames, holdSome, look, ready, rebind, settled } from './map-page';
import { MAPS, invalidate, shows, test } from './worker-page';

for (const name of Object.keys(MAPS) as Array<keyof typeof MAPS>)
  test(`${name}: an invalidation reaches the screen without a blank frame`, async ({ origin, open }) => {
    const page = await open(name);
    await shows(page, 'old');
    origin.version = 2;
    const film = await record(page);
    await invalidate(page, { layer: 'roads', version: '2' });
    await shows(page, 'new');
    await settled(page);
    const seen = (await film.stop()).map((frame) => census(frame));
    expect(seen.every((frame) => frame.blank === 0)).toBe(true);
  });

for (const name of Object.keys(MAPS) as Array<keyof typeof MAPS>)
  test(`${name}: with swap: view, no frame shows old tiles beside new ones under a worker`, async ({
    origin,
    open,
  }) => {
    const page = await open(
      name,
      "{ roads: { maxAge: 3600, staleIfError: 86400, override: true, versionPolicy: 'serve-stale' } }",
    );
    await invalidate(page, { layer: 'roads', version: '1' });
    await settled(page);
    await shows(page, 'old');
    await rebind(page, { swap: 'view', swapTimeout: 600_000 });
    origin.version = 2;
    const release = holdSome(origin);
    const asked = origin.requests.length;
    const film = await record(page);
    await invalidate(page, { layer: 'roads', version: '2' });
    const tiles = await page.evaluate(() => (window as never as MapWindow).binding.tiles().length);
    await expect.poll(() => new Set(origin.requests.slice(asked)).size).toBeGreaterThanOrEqual(tiles);
    await frames(page);
    expect(await look(page, POINTS)).toMatchObject({ new: 0 });
    release();
    await shows(page, 'new');
    await settled(page);
    const seen = (await film.stop()).map((frame) => census(frame));
    expect(seen.filter((frame) => frame.blank || (frame.old && frame.new))).toEqual([]);
  });

test('requests only the tiles in the box again', async ({ origin, open }) => {
  const page = await open('leaflet');
  await shows(page, 'old');
  origin.version = 2;
  const asked = origin.requests.length;
  // The box lies inside tile 4/8/7, and there is no buffer.
  await invalidate(page, { layer: 'roads', version: '2', bbox: [5, 5, 6, 6], buffer: 0 });
  await expect.poll(() => origin.requests.slice(asked)).toEqual(['/tiles/roads/4/8/7.png']);
  await settled(page);
  const seen = await look(page, POINTS);
  expect(seen.new).toBeGreaterThan(0);
  expect(seen.old).toBeGreaterThan(POINTS.length / 2);
  expect(origin.requests.slice(asked)).toEqual(['/tiles/roads/4/8/7.png']);
});

test('the old map stays while the origin is down, and changes when the origin is back', async ({ origin, open }) => {
  const page = await open('leaflet');
  await shows(page, 'old');
  origin.version = 2;
  origin.fail = () => 503;
  const film = await record(page);
  await invalidate(page, { layer: 'roads', mode: 'stale' });
  await expect.poll(() => origin.requests.length).toBeGreaterThan(20);
  await shows(page, 'old');
  origin.fail = () => undefined;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await shows(page, 'new');
  const seen = (await film.stop()).map((frame) => census(frame));
  expect(seen.every((frame) => frame.blank === 0)).toBe(true);
});

test.describe('placeholders', () => {
  const LAYERS =
    '{ roads: { maxAge: 3600, staleIfError: 86400, override: true } }, placeholders: createPlaceholders({ layers: ["roads"], after: 0.2 })';
  const IMPORT = "import { createPlaceholders } from 'sw-tile-cache/sw/placeholders';";
  const ask = (page: Tab, url: string) =>
    page.evaluate(async (path) => {
      const response = await fetch(path);
      const bitmap = await createImageBitmap(await response.blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(128, 128, 1, 1);
      return {
        width: bitmap.width,
        colour: [...data] as number[],
        status: response.headers.get('cache-status'),
        age: response.headers.get('age'),
      };
    }, url);

  /** Waits until the tiles are stored. The first page may have loaded its tiles before the worker was there. */
  const stored = async (page: Tab) => {
    await page.reload();
    await ready(page);
    for (const path of ['7/6', '7/7', '8/6', '8/7'])
      await expect.poll(async () => (await ask(page, `/tiles/roads/4/${path}.png`)).status).toContain('hit');
    return page;
  };

  test('offline, a missing tile is cut out of the nearest stored one', async ({ origin, open }) => {
    const page = await stored(await open('leaflet', LAYERS, IMPORT));
    origin.version = 2;
    origin.fail = () => 503;
    const seen = await ask(page, '/tiles/roads/7/67/58.png');
    expect(seen).toMatchObject({
      width: 256,
      colour: [255, 0, 0, 255],
      status: 'sw-tile-cache; fwd=miss; detail=placeholder',
    });
    expect(Number(seen.age)).toBeGreaterThanOrEqual(0);
  });

  test('a slow tile replaces its placeholder as soon as it arrives', async ({ origin, open }) => {
    const page = await stored(await open('leaflet', LAYERS, IMPORT));
    await shows(page, 'old');
    origin.version = 2;
    const asked = origin.requests.length;
    const release = origin.hold();
    const film = await record(page);
    await page.evaluate(() =>
      (window as never as { map: { setZoom(zoom: number, options: object): void } }).map.setZoom(5, { animate: false }),
    );
    await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>('img.leaflet-tile')].every(
        (tile) => tile.src.includes('/5/') && tile.complete,
      ),
    );
    await shows(page, 'old');
    release();
    await shows(page, 'new');
    await film.stop();
  });
});
