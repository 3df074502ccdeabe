import { expect, test } from './map-page';

const PROGRAM = `
  import * as L from 'leaflet';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  import { showCoverage } from 'sw-tile-cache/tile-regions';
  import { createStub } from '${import.meta.dirname}/stub';
  const asked = [];
  const rule = { even: true };
  const client = {
    ...createStub(),
    async coverage(query) {
      asked.push(query);
      const [zoom] = query.zooms;
      const at = (longitude) => Math.floor(((longitude + 180) / 360) * 2 ** zoom);
      const row = (latitude) => Math.floor((0.5 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / (2 * Math.PI)) * 2 ** zoom);
      const [west, south, east, north] = query.bounds;
      const tiles = [];
      for (let x = at(west); x <= at(east); x += 1)
        for (let y = row(north); y <= row(south); y += 1)
          tiles.push({ tile: { z: zoom, x, y }, covered: (x % 2 === 0) === rule.even });
      return tiles;
    },
  };
  const map = L.map('map', { center: [20, 10], zoom: 4, zoomAnimation: false, fadeAnimation: false });
  const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').addTo(map);
  const binding = bindTileLayer(layer, client);
  Object.assign(window, { map, binding, client, asked, rule, overlay: showCoverage(binding, client) });
`;

interface CoverageWindow {
  binding: {
    tiles(): Array<{ z: number; x: number; y: number }>;
    view(): { project(longitude: number, latitude: number): { x: number; y: number } };
  };
  client: { emit(event: string, detail: object): void; listenerCount(): number };
  asked: Array<{ layer: string }>;
  rule: { even: boolean };
  overlay: { remove(): void };
}

test('tiles that would not be answered without a network are marked, and marked anew when that changes', async ({
  page,
  origin,
}) => {
  await origin.page('/map', PROGRAM, '<link rel="stylesheet" href="/lib/leaflet/dist/leaflet.css">');
  await page.goto(`${origin.url}/map`);
  /** Of each tile that is well on the screen: whether it is marked as covered. */
  const marks = () =>
    page.evaluate(() => {
      const { binding } = window as never as CoverageWindow;
      const canvas = document.querySelector<HTMLCanvasElement>('#map canvas');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) return [];
      return binding.tiles().flatMap(({ z, x, y }) => {
        const longitude = ((x + 0.5) / 2 ** z) * 360 - 180;
        const latitude = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + 0.25)) / 2 ** z))) * 180) / Math.PI;
        const at = binding.view().project(longitude, latitude);
        if (at.x < 2 || at.y < 2 || at.x > canvas.clientWidth - 2 || at.y > canvas.clientHeight - 2) return [];
        const ratio = devicePixelRatio;
        const [red, , blue, alpha] = context.getImageData(at.x * ratio, at.y * ratio, 1, 1).data;
        return [`${x % 2} ${alpha ? blue! > red! : 'unmarked'}`];
      });
    });
  await expect.poll(async () => [...new Set(await marks())].sort()).toEqual(['0 true', '1 false']);
  await expect(page.locator('#map')).toContainText('Without a network');
  expect(await page.evaluate(() => (window as never as CoverageWindow).asked[0]!.layer)).toBe('roads');
  await page.evaluate(() => {
    const { rule, client } = window as never as CoverageWindow;
    rule.even = false;
    client.emit('region', {});
  });
  await expect.poll(async () => [...new Set(await marks())].sort()).toEqual(['0 false', '1 true']);
  const listeners = await page.evaluate(() => {
    const { overlay, client } = window as never as CoverageWindow;
    const before = client.listenerCount();
    overlay.remove();
    return before - client.listenerCount();
  });
  expect(listeners).toBe(3);
  await expect(page.locator('#map canvas')).toHaveCount(0);
});
