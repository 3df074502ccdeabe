import { describe, expect, it } from 'vitest';
import { createArea } from '../../../src/shared/area';
import { regions } from '../../../sw/regions';
import { createBook } from '../../../sw/regions/book';
import { fillBlock } from '../../../sw/regions/fill-block';
import type { FillTools } from '../../../sw/regions/fill-tools';
import { createPackStore, packCacheName } from '../../../sw/regions/pack-store';
import { createRecords } from '../../../sw/regions/record-store';
import type { RegionTools } from '../../../sw/regions/tools';
import { wantedTiles } from '../../../sw/regions/wanted';
import { globalTimers } from '../../../sw/util/deadline';
import { createWorld, ORIGIN } from '../fakes/world';

describe('a block of large tiles', () => {
  it('takes as many bytes as a worker can hold, and returns the other tiles', async () => {
    const world = createWorld();
    let tools: RegionTools | undefined;
    const worker = world.start({
      layers: { roads: {} },
      regions: (around) => {
        const made = regions()(around);
        return { ...made, connect: (given) => made.connect((tools = given)) };
      },
    });
    await worker.ledger.load();
    const records = createRecords(`${ORIGIN}/`, globalTimers);
    const packs = createPackStore(world.caches.asStorage(), 'tile-cache', globalTimers);
    const book = createBook(
      records,
      packs,
      ORIGIN,
      globalTimers,
      () => {},
      () => false,
    );
    const all: FillTools = { ...tools!, records, packs, book, pace: async () => {}, lending: (work) => work() };
    const template = '/tiles/roads/{z}/{x}/{y}';
    const cacheName = packCacheName('tile-cache-v1:x:roads@', 'big');
    const saved = { layer: 'roads', template, ratios: [''], partition: '', cacheName };
    const wanted = await wantedTiles(saved, [...createArea([-180, -80, 180, 80]).tiles(2)], all, ORIGIN);
    world.answer = () => new Response('x'.repeat(100), { headers: { 'cache-control': 'max-age=60' } });
    const filled = await fillBlock(
      {
        region: 'big',
        id: '0 2/0/0',
        turn: '1 0',
        wanted,
        besides: 0,
        budget: Infinity,
        mode: 'missing',
        own: undefined,
        old: undefined,
        oldName: undefined,
        concurrency: 1,
        most: 450,
        impatient: false,
        patient: true,
      },
      all,
      {
        signal: new AbortController().signal,
        hasTime: () => true,
        ended: new Promise(() => {}),
        goesOn: () => {},
        live: { unstaged: new Map(), refusing: new Map() },
        settled: () => {},
      },
    );
    expect(filled).toMatchObject({ tiles: 5, bytes: 500 });
    expect('failed' in filled && filled.failed.map(({ reason }) => reason)).toEqual(Array(11).fill('too large'));
  });
});
