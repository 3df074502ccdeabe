import { afterEach, describe, expect, it, vi } from 'vitest';
import { purgeFailed, type Purger } from '../../../server/purge/purger';
import { entryOf } from '../../../server/versions/manifest-of';
import { createMemoryVersionStore } from '../../../server/versions/version-store';
import { publishRequest, reportOf, testOrigin, TOKEN } from '../helpers';

afterEach(() => vi.useRealTimers());

/** A CDN that can be broken; it records its requests. */
function breakable(name = 'cdn') {
  const cdn = {
    broken: false,
    asked: [] as Array<{ layer: string; tags: readonly string[]; urls?: readonly string[] | undefined }>,
    purger: {
      name,
      async purge({ layer, tags, urls }) {
        cdn.asked.push({ layer, tags, urls });
        if (cdn.broken) throw purgeFailed(name, 'answered 503');
        return { requests: 1, retries: 0 };
      },
    } as Purger,
  };
  return cdn;
}

const edge = { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf', zooms: [0, 0] as const };

describe('a purge that failed', () => {
  it('of a whole layer runs with the next publication, even of a box only', async () => {
    const cdn = breakable();
    const store = createMemoryVersionStore();
    const { origin } = testOrigin({
      store,
      layers: { roads: { edge } },
      publish: { token: TOKEN, purgers: [cdn.purger] },
    });
    const publish = (body: object) => reportOf(origin.fetch(publishRequest({ layer: 'roads', ...body })));
    await publish({ version: 'v1' });
    cdn.broken = true;
    expect((await publish({ version: 'v2' })).ok).toBe(false);
    cdn.broken = false;
    expect((await publish({ version: 'v3', bbox: [0, 0, 1, 1] })).ok).toBe(true);
    // It purges the whole layer, not the one URL of the box.
    expect(cdn.asked.at(-1)).toEqual({ layer: 'roads', tags: ['layer:roads'], urls: undefined });
    const state = (await store.read()).layers.roads!;
    expect([state.owed, state.steps.map(({ purged }) => purged)]).toEqual([undefined, [true, true, true, true]]);
    // Clients that heard of v2 or v3 while the edge was old drop the whole layer.
    expect(entryOf(state)).toEqual({ version: 'v3', revision: state.revision, changes: [{ from: 'v3' }] });
    // Nothing is owed any more: the next publication purges only its box.
    await publish({ version: 'v4', bbox: [0, 0, 1, 1] });
    // Also the URL with the version that pages add.
    const url = 'https://cdn.test/roads/0/0/0.pbf';
    expect(cdn.asked.at(-1)!.urls).toEqual([url, `${url}?v=v4`, `${url}?v=v3`]);
    await origin.close();
  });

  it('belongs to the CDN that failed; two CDNs of one name are distinct', async () => {
    const [a, b] = [breakable(), breakable()];
    const store = createMemoryVersionStore();
    const { origin } = testOrigin({ store, publish: { token: TOKEN, purgers: [a.purger, b.purger] } });
    b.broken = true;
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    expect((await store.read()).layers.roads!.owed!.map(({ cdn, tags }) => [cdn, tags])).toEqual([
      ['cdn#2', ['layer:roads']],
    ]);
    await origin.close();
  });

  it('is retried in the background, also after a restart, with growing pauses', async () => {
    vi.useFakeTimers();
    const cdn = breakable();
    const store = createMemoryVersionStore();
    const start = () => testOrigin({ store, now: Date.now, publish: { token: TOKEN, purgers: [cdn.purger] } }).origin;
    const first = start();
    cdn.broken = true;
    await first.publishNow({ layer: 'roads', version: 'v1' });
    await first.close();
    expect(cdn.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(cdn.asked).toHaveLength(1);

    const second = start();
    // The origin reads the store by itself, without a request.
    await vi.advanceTimersByTimeAsync(3000);
    expect(cdn.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(8000);
    expect(cdn.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3000);
    expect(cdn.asked).toHaveLength(3);
    cdn.broken = false;
    await vi.advanceTimersByTimeAsync(25_000);
    expect(cdn.asked).toHaveLength(4);
    expect((await store.read()).layers.roads!.owed).toBeUndefined();
    await vi.advanceTimersByTimeAsync(7_200_000);
    expect(cdn.asked).toHaveLength(4);
    await second.close();
  });

  it('is announced again after a repair in the background: clients may have stored old tiles as new ones', async () => {
    vi.useFakeTimers();
    const cdn = breakable();
    const store = createMemoryVersionStore();
    const publish = { token: TOKEN, purgers: [cdn.purger] };
    const { origin } = testOrigin({ store, now: Date.now, layers: { roads: { edge } }, publish });
    const entry = async () => entryOf((await store.read()).layers.roads!);
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    cdn.broken = true;
    const early = await origin.publishNow({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1], id: 'job-2' });
    expect([early.ok, (await entry()).changes?.map(({ from }) => from)]).toEqual([false, ['v1']]);
    cdn.broken = false;
    await vi.advanceTimersByTimeAsync(15_000);
    const { version, revision, changes } = await entry();
    expect([version, revision! > early.revision!]).toEqual(['v2', true]);
    expect(changes).toContainEqual({ from: 'v2', bbox: [0, 0, 1, 1] });
    // After the repair, the same publication has nothing left to do.
    const again = await origin.publishNow({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1], id: 'job-2' });
    expect([again.ok, again.applied, again.steps.map(({ step }) => step)]).toEqual([true, false, ['plan']]);
    // A publication of the whole layer in between makes the announcement needless.
    cdn.broken = true;
    await origin.publishNow({ layer: 'roads', version: 'v3', bbox: [0, 0, 1, 1] });
    cdn.broken = false;
    const last = await origin.publishNow({ layer: 'roads', version: 'v4' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await entry()).toEqual({ version: 'v4', revision: last.revision });
    await origin.close();
  });

  it('is stored before it is tried: a process that ends meanwhile does not lose it', async () => {
    const store = createMemoryVersionStore();
    const hanging: Purger = { name: 'cdn', purge: () => new Promise(() => undefined) };
    const { origin } = testOrigin({
      store,
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [hanging] },
    });
    void origin.publishNow({ layer: 'roads', version: 'v2' });
    await vi.waitFor(async () => expect((await store.read()).layers.roads!.owed).toHaveLength(1));
    await origin.close();
  });

  it("of the origin's own cache runs first, for the whole layer", async () => {
    const cdn = breakable();
    const cleared: unknown[] = [];
    let broken = false;
    const { origin } = testOrigin({
      layers: { roads: { edge } },
      publish: {
        token: TOKEN,
        purgers: [cdn.purger],
        onClear: ({ bbox }) => {
          cleared.push(bbox);
          if (broken) throw new Error('disk');
        },
      },
    });
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    broken = true;
    await origin.publishNow({ layer: 'roads', version: 'v2' });
    broken = false;
    await origin.publishNow({ layer: 'roads', version: 'v3', bbox: [0, 0, 1, 1] });
    expect(cleared).toEqual([undefined, undefined, undefined]);
    // The edge was purged in front of an uncleared cache: all of it is purged again.
    expect(cdn.asked.at(-1)!.urls).toBeUndefined();
    await origin.publishNow({ layer: 'roads', version: 'v4', bbox: [0, 0, 1, 1] });
    expect(cleared.at(-1)).toEqual([0, 0, 1, 1]);
    await origin.close();
  });
});

it('of an edge is not retried while the cache behind it has old tiles', async () => {
  vi.useFakeTimers();
  const cdn = breakable();
  let broken = true;
  const onClear = () => (broken ? Promise.reject(new Error('disk')) : undefined);
  const { origin } = testOrigin({ now: Date.now, publish: { token: TOKEN, purgers: [cdn.purger], onClear } });
  await origin.publishNow({ layer: 'roads', version: 'v1' });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(cdn.asked).toHaveLength(1);
  broken = false;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(cdn.asked).toHaveLength(2);
  expect((await origin.status()).layers.roads!.outstanding).toEqual([]);
  await origin.close();
});

describe('queues', () => {
  it("a layer's slow CDN delays only publications of that layer", async () => {
    const waiting: Array<() => void> = [];
    const slow: Purger = {
      name: 'slow',
      purge: ({ layer }) =>
        layer === 'slow'
          ? new Promise((resolve) => waiting.push(() => resolve({ requests: 1, retries: 0 })))
          : Promise.resolve({ requests: 1, retries: 0 }),
    };
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [slow] } });
    const order: string[] = [];
    const publish = (layer: string, version: string) =>
      origin.publishNow({ layer, version }).then(() => order.push(`${layer} ${version}`));
    const all = [publish('slow', 'v1'), publish('slow', 'v2'), publish('fast', 'v1')];
    await all[2];
    expect(order).toEqual(['fast v1']);
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    waiting.shift()!();
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    waiting.shift()!();
    await Promise.all(all);
    expect(order).toEqual(['fast v1', 'slow v1', 'slow v2']);
    await origin.close();
  });
});
