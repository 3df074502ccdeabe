import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { pmtiles } from '../../../sw/pmtiles';
import { createWorld, ORIGIN } from '../fakes/world';
import { archiveOf, createArchiveHost, labelled, pyramid, type HostFaults } from './archive-host';

const UNKNOWN = { tileType: 'unknown' } as const;

async function start(faults: HostFaults = {}, layer: LayerOptions = {}) {
  const world = createWorld();
  const host = createArchiveHost(await archiveOf(pyramid('one', 5), UNKNOWN), faults);
  world.answer = (request) => {
    if (request.url !== `${ORIGIN}/data/roads.pmtiles`) throw new Error(`asked for ${request.url}`);
    return host.answer(request);
  };
  const options = { layers: { roads: { archive: '/data/roads.pmtiles', ...layer } }, archives: pmtiles() };
  const cache = world.start(options);
  const get = async (path: string, using = cache) => {
    const response = await world.get(using, path);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { world, host, cache, get, restart: () => world.start(options) };
}

const text = (edition: string, z: number, x: number, y: number) =>
  new TextDecoder().decode(labelled(edition, { z, x, y }));

describe('a layer with an archive', () => {
  it('answers tiles out of the archive, labelled with its ETag', async () => {
    const { get, host } = await start();
    const first = await get('/tiles/roads/5/3/4');
    expect(first.status).toBe(200);
    expect(first.text).toBe(text('one', 5, 3, 4));
    expect(first.headers.get('x-tile-version')).toBe(host.etag().replace(/"/g, ''));
    expect(first.headers.get('content-type')).toBe('application/octet-stream');
    const second = await get('/tiles/roads/5/3/4');
    expect(second.headers.get('cache-status')).toContain('hit');
    expect(host.asked).toHaveLength(2);
  });

  it('reads a view of twenty tiles with few requests, and a second visit with one', async () => {
    const { world, host, cache, restart } = await start();
    const paths = Array.from({ length: 20 }, (_, i) => `/tiles/roads/5/${8 + (i % 5)}/${8 + Math.floor(i / 5)}`);
    const view = (using: typeof cache) => Promise.all(paths.map((path) => world.get(using, path)));
    for (const tile of await view(cache)) expect(tile.status).toBe(200);
    expect(host.asked.length).toBeLessThanOrEqual(2 + 6);

    host.asked = [];
    world.clock.now += 3600_000;
    for (const tile of await view(restart())) expect(tile.headers.get('cache-status')).toContain('hit');
    expect(host.asked).toHaveLength(1);
    expect(world.asked.at(-1)!.headers.get('if-none-match')).toBe(host.etag());
  });

  it('switches to a new file as to a new version', async () => {
    const { world, host, get } = await start();
    await get('/tiles/roads/5/3/4');
    const before = host.etag().replace(/"/g, '');
    host.file = await archiveOf(pyramid('two', 5), UNKNOWN);
    const version = host.etag().replace(/"/g, '');
    const other = await get('/tiles/roads/5/9/9');
    expect(other.text).toBe(text('two', 5, 9, 9));
    expect(other.headers.get('x-tile-version')).toBe(version);
    expect(world.posted).toContainEqual({ type: 'VERSION_CHANGED', layer: 'roads', version, previous: before });
    expect((await get('/tiles/roads/5/3/4')).text).toBe(text('two', 5, 3, 4));
  });
});
