// Commands of a page while a region is being sampled, or is half complete.
import { expect, it, vi } from 'vitest';
import { createRecords } from '../../../sw/regions/record-store';
import { FakeCache } from '../fakes/fake-caches';
import { ORIGIN } from '../fakes/world';
import { createRegionWorld, type RegionWorld, SMALL, urlsOf } from './world';

const urls = urlsOf(SMALL);

/** Begins to save. The origin does not answer the fifth tile of the sample. */
async function sampling(world: RegionWorld) {
  const { answer } = world;
  let hangs = true;
  let atFifth = () => {};
  const came = new Promise<void>((resolve) => (atFifth = resolve));
  world.answer = (request) => {
    if (!hangs) return answer(request);
    if (world.asked.length >= 5) {
      atFifth();
      return new Promise(() => {});
    }
    return answer(request);
  };
  const saving = world.ask({ action: 'save', spec: SMALL });
  await came;
  return { saving, answers: () => (hangs = false) };
}

it('a region that is removed during its sample is gone at once, and does not come back', async () => {
  const world = createRegionWorld();
  const { saving, answers } = await sampling(world);
  await world.ask({ action: 'remove', region: 'small' });
  await saving;
  answers();
  expect(await world.finish()).toEqual([]);
  expect([...world.caches.caches.keys()].filter((name) => name.endsWith(':small'))).toEqual([]);
});

it('a region that is paused during its sample sends no more requests', async () => {
  const world = createRegionWorld();
  const { saving, answers } = await sampling(world);
  expect(await world.ask({ action: 'pause', region: 'small' })).toMatchObject({ state: 'paused' });
  await saving;
  answers();
  const asked = world.asked.length;
  expect(await world.finish()).toMatchObject([{ state: 'paused' }]);
  expect(world.asked.length).toBe(asked);
});

it('a region whose storage fills up half-way says so, keeps its tiles, and continues when there is room', async () => {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: SMALL });
  const [before] = await world.finish();
  expect(before).toMatchObject({ state: 'complete', edition: 1 });
  world.clock.now += 86_400_000;
  world.content = (path) => `two ${path}`;
  await world.ask({ action: 'update', region: 'small' });
  const { put } = FakeCache.prototype;
  let written = 0;
  FakeCache.prototype.put = async function (key, response) {
    if (String(key).includes('/pack/') && (written += 1) > 2) throw new DOMException('full', 'QuotaExceededError');
    return put.call(this, key, response);
  };
  try {
    expect(await world.finish()).toMatchObject([{ state: 'failed', edition: 1, error: { code: 'STORAGE_FAILED' } }]);
  } finally {
    FakeCache.prototype.put = put;
  }
  for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
  // If the current block kept its tiles, nothing else could be written, not even to the ledger.
  expect(await createRecords(`${ORIGIN}/`).stagedSizes('small')).toEqual([]);
  world.restart();
  expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'failed', error: { code: 'STORAGE_FAILED' } }]);
  const asked = world.asked.length;
  await world.ask({ action: 'resume', region: 'small' });
  expect(await world.finish()).toMatchObject([{ state: 'complete', edition: 2 }]);
  // Tiles that had arrived before are not requested again.
  expect(world.asked.length - asked).toBeLessThan(urls.length);
  for (const url of urls) expect(await world.offline(url)).toBe(`two ${url}`);
});

it('a region that can write nothing at all rarely sends requests, and continues when there is room', async () => {
  const world = createRegionWorld();
  await world.ask({ action: 'save', spec: SMALL });
  const { put } = IDBObjectStore.prototype;
  const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...given) {
    if (!['regions', 'staged'].includes(this.name)) return put.apply(this, given);
    throw new DOMException('full', 'QuotaExceededError');
  });
  try {
    const before = world.asked.length;
    const drive = () => world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
    for (let i = 0; i < 3; i += 1) expect((await drive()).again).toBeGreaterThanOrEqual(10_000);
    // Each attempt stops at the first tiles that cannot be stored.
    expect(world.asked.length - before).toBeLessThan(40);
    expect(await world.ask({ action: 'list' })).toMatchObject([{ state: 'waiting', reason: 'busy' }]);
  } finally {
    full.mockRestore();
  }
  expect(await world.finish()).toMatchObject([{ state: 'complete' }]);
  for (const url of urls) expect(await world.offline(url)).toBe(`one ${url}`);
});
