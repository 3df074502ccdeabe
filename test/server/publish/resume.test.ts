import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Publication } from '../../../server/publish/publication';
import type { Purger } from '../../../server/purge/purger';
import { entryOf } from '../../../server/versions/manifest-of';
import { createMemoryVersionStore, type VersionStore } from '../../../server/versions/version-store';
import { createTileList } from '../../../server/tiles/encode-tiles';
import { recordingPurger, testOrigin, TOKEN } from '../helpers';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const realTimeout = setTimeout;

/** Advances the timers; digests need real time. */
async function seconds(count: number): Promise<void> {
  for (let second = 0; second < count; second++) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => realTimeout(resolve, 1));
  }
}

function start(store: VersionStore, purger: Purger) {
  const { origin } = testOrigin({ store, now: Date.now, publish: { token: TOKEN, purgers: [purger] } });
  return origin;
}

/** A CDN that answers on command. */
function hangingPurger() {
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let release!: () => void;
  const purger: Purger = {
    name: 'recorder',
    purge: () => {
      begin();
      return new Promise((resolve) => (release = () => resolve({ requests: 1, retries: 0 })));
    },
  };
  return { purger, begun, release: () => release() };
}

/** Publishes at an instance that ends while its CDN is being purged. */
async function interrupt(store: VersionStore, publication: Partial<Publication> & { layer: string }): Promise<void> {
  const { purger, begun } = hangingPurger();
  const origin = start(store, purger);
  void origin.publishNow(publication);
  await begun;
  await origin.close();
}

/** A store in which a layer has a version already. */
async function publishedStore(): Promise<VersionStore> {
  const store = createMemoryVersionStore();
  const origin = start(store, recordingPurger().purger);
  await origin.publishNow({ layer: 'roads', version: 'v1' });
  await origin.close();
  return store;
}

/** Publishes at an instance that ends while it checks the edge. */
async function interruptLook(store: VersionStore, publication: Partial<Publication> & { layer: string }) {
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const { origin } = testOrigin({
    ...{ store, now: Date.now },
    layers: { roads: { edge: { template: 'https://cdn.example/roads/{z}/{x}/{y}.pbf', zooms: [0, 4] } } },
    fetch: () => (begin(), new Promise(() => undefined)),
    publish: { token: TOKEN, purgers: [recordingPurger().purger], verify: {} },
  });
  void origin.publishNow(publication);
  await begun;
  await origin.close();
}

/** Checks that the status and the metrics show the abandoned publication until the layer, or the same part, is published. */
async function showsGivenUp(store: VersionStore) {
  const { origin } = testOrigin({ store, now: Date.now, publish: { token: TOKEN } });
  await seconds(60);
  expect((await origin.status()).unfinished).toMatchObject([
    { layer: 'roads', version: 'v2', tries: 5, givenUp: true },
  ]);
  await origin.publishNow({ layer: 'roads', version: 'v3', bbox: [0, 0, 1, 1] });
  expect((await origin.status()).unfinished.length).toBe(1);
  await origin.publishNow({ layer: 'roads', version: 'v4' });
  expect([(await origin.status()).unfinished, (await store.read()).begun]).toEqual([[], undefined]);
  await origin.close();
}

const roadsOf = async (store: VersionStore) => (await store.read()).layers.roads;

describe('a publication that was interrupted', () => {
  it('is completed by another instance, with its version and parts', async () => {
    const store = await publishedStore();
    const tiles = createTileList();
    for (let x = 0; x < 50; x++) tiles.add({ z: 9, x: 250 + x, y: 170 });
    await interrupt(store, { layer: 'roads', tiles: tiles.pack(), id: 'job' });
    const { staged } = (await roadsOf(store))!;
    const { purger, asked } = recordingPurger();
    const origin = start(store, purger);
    await seconds(60);
    const roads = (await roadsOf(store))!;
    expect([roads.version, roads.staged, roads.owed]).toEqual([staged, undefined, undefined]);
    expect(entryOf(roads).changes).toMatchObject([{ from: 'v1', tiles: tiles.pack() }]);
    expect(asked.length).toBeGreaterThan(0);
    const again = await origin.publishNow({ layer: 'roads', tiles: tiles.pack(), id: 'job' });
    expect([again.applied, again.version]).toEqual([false, staged]);
    await origin.close();
  });

  it('is completed also as the first of its layer, or as a retirement', async () => {
    const store = createMemoryVersionStore();
    await interrupt(store, { layer: 'roads', version: 'v1' });
    expect(await roadsOf(store)).toBeUndefined();
    let origin = start(store, recordingPurger().purger);
    await seconds(60);
    expect((await roadsOf(store))!.version).toBe('v1');
    await origin.close();
    await interrupt(store, { layer: 'roads', retired: true });
    expect((await roadsOf(store))!.version).toBe('v1');
    origin = start(store, recordingPurger().purger);
    await seconds(60);
    expect([await roadsOf(store), (await store.read()).begun]).toEqual([undefined, undefined]);
    await origin.close();
  });

  it('does not supersede a later announcement; clients drop its changes as a part of that one', async () => {
    const store = await publishedStore();
    await interrupt(store, { layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] });
    const { purger, asked } = recordingPurger();
    const edge = { template: 'https://cdn.example/roads/{z}/{x}/{y}.pbf', zooms: [0, 4] as const };
    const publish = { token: TOKEN, purgers: [purger] };
    const { origin } = testOrigin({ store, now: Date.now, layers: { roads: { edge } }, publish });
    await origin.publishNow({ layer: 'roads', version: 'v3', bbox: [10, 10, 11, 11] });
    await seconds(60);
    const roads = (await roadsOf(store))!;
    expect([roads.version, roads.staged, roads.owed, (await store.read()).begun]).toEqual([
      'v3',
      ...[undefined, undefined, undefined],
    ]);
    const { changes } = entryOf(roads);
    // Clients on v3 hear of the interrupted box, clients behind of both boxes.
    expect(changes).toContainEqual({ from: 'v3', bbox: [0, 0, 1, 1] });
    for (const bbox of [
      [0, 0, 1, 1],
      [10, 10, 11, 11],
    ])
      expect(changes).toContainEqual({ from: 'v1', bbox });
    // Any tile of the layer may have the label that was never announced.
    expect(asked.at(-1)).toEqual({ tags: ['layer:roads'] });
    await origin.close();
  });

  it('is dropped when the version in force is published again: that reverts it', async () => {
    const store = await publishedStore();
    await interrupt(store, { layer: 'roads', version: 'v2' });
    const origin = start(store, recordingPurger().purger);
    expect((await origin.publishNow({ layer: 'roads', version: 'v1' })).ok).toBe(true);
    await seconds(120);
    expect([(await roadsOf(store))!.version, (await store.read()).begun]).toEqual(['v1', undefined]);
    await origin.close();
  });

  it('is tried five times, and then left to operators: it may be the cause of the crash', async () => {
    const store = await publishedStore();
    await interrupt(store, { layer: 'roads', version: 'v2' });
    for (let tries = 1; tries <= 6; tries++) {
      // Outstanding purges fail, and the purge of the publication never ends.
      const { purger: never } = hangingPurger();
      const { purger: fails } = recordingPurger(Infinity);
      const began = Date.now();
      const origin = start(store, {
        name: 'recorder',
        purge: (task) => (Date.now() - began > 19_000 ? never : fails).purge(task),
      });
      await seconds(30);
      expect((await store.read()).begun?.map((each) => each.tries)).toEqual([tries]);
      await origin.close();
    }
    const roads = (await roadsOf(store))!;
    expect([roads.version, roads.staged]).toEqual(['v1', 'v2']);
    await showsGivenUp(store);
  });

  it('is completed also before its first step: the check of a slow edge takes long', async () => {
    const store = await publishedStore();
    await interruptLook(store, { layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] });
    expect((await roadsOf(store))!.staged).toBeUndefined();
    const { purger, asked } = recordingPurger();
    const origin = start(store, purger);
    expect((await origin.status()).unfinished).toMatchObject([{ layer: 'roads', version: 'v2', givenUp: false }]);
    await seconds(60);
    expect([(await roadsOf(store))!.version, (await store.read()).begun, asked.length]).toEqual(['v2', undefined, 1]);
    await origin.close();
  });

  it('is reverted by the version in force before its first step', async () => {
    const store = await publishedStore();
    await interruptLook(store, { layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] });
    const origin = start(store, recordingPurger().purger);
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    await seconds(60);
    expect([(await roadsOf(store))!.version, (await store.read()).begun]).toEqual(['v1', undefined]);
    await origin.close();
  });

  it('is left alone while its process lives, however long it takes, and announced once', async () => {
    const store = await publishedStore();
    const { purger: slow, begun, release } = hangingPurger();
    const [a, b] = [start(store, slow), start(store, recordingPurger().purger)];
    const result = a.publishNow({ layer: 'roads', version: 'v2' });
    await begun;
    await seconds(300);
    expect((await roadsOf(store))!.version).toBe('v1');
    release();
    expect((await result).applied).toBe(true);
    await seconds(60);
    expect((await roadsOf(store))!.steps.map(({ to }) => to)).toEqual(['v1', 'v2']);
    expect((await store.read()).begun).toBeUndefined();
    await Promise.all([a.close(), b.close()]);
  });

  it('is announced once if it continues after a takeover (a machine that slept)', async () => {
    const store = await publishedStore();
    const { purger: slow, begun, release } = hangingPurger();
    const asleep = start(store, slow);
    const result = asleep.publishNow({ layer: 'roads' });
    await begun;
    // Its signs of life stop, but the process continues.
    await asleep.close();
    const origin = start(store, recordingPurger().purger);
    await seconds(60);
    release();
    const { applied, ok, version } = await result;
    const roads = (await roadsOf(store))!;
    expect([ok, applied, version, roads.steps.length]).toEqual([true, false, roads.version, 2]);
    await origin.close();
  });

  it('is taken over by one of several instances', async () => {
    const store = await publishedStore();
    await interrupt(store, { layer: 'roads', version: 'v2' });
    const { purger, asked } = recordingPurger();
    const others = Array.from({ length: 5 }, () => start(store, purger));
    await seconds(60);
    const roads = (await roadsOf(store))!;
    expect([roads.version, roads.steps.length]).toEqual(['v2', 2]);
    // The outstanding purge runs once, and once more in the instance that publishes.
    expect(asked.length).toBeLessThanOrEqual(2);
    await Promise.all(others.map((each) => each.close()));
  });
});
