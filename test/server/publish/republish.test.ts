import { describe, expect, it } from 'vitest';
import type { OriginState } from '../../../server/versions/state';
import { createMemoryVersionStore, type VersionStore } from '../../../server/versions/version-store';
import { publishRequest, recordingPurger, reportOf, request, testOrigin, TOKEN } from '../helpers';

const edge = { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf', zooms: [0, 2] as const };
const box = [0, 0, 1, 1];
const stepsOf = async (response: Promise<Response>) => {
  const { ok, steps } = await reportOf(response);
  return [ok, ...steps.map((each) => `${each.step}${each.ok ? '' : ' failed'}`)];
};

describe('publishing again after a failure', () => {
  it('clears again, and purges tiles that the edge fetched from the uncleared origin', async () => {
    let broken = true;
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      publish: {
        token: TOKEN,
        purgers: [purger],
        onClear: () => {
          if (broken) throw new Error('disk');
        },
      },
    });
    const publish = () => origin.fetch(publishRequest({ layer: 'roads', id: 'job-1' })) as Promise<Response>;
    expect(await stepsOf(publish())).toEqual([false, 'plan', 'stage', 'clear failed', 'purge', 'announce']);
    expect(await stepsOf(publish())).toEqual([false, 'plan', 'clear failed', 'purge']);
    broken = false;
    expect(await stepsOf(publish())).toEqual([true, 'plan', 'clear', 'purge', 'announce']);
    expect(await stepsOf(publish())).toEqual([true, 'plan']);
    expect(asked).toHaveLength(3);
  });

  it('verifies again, after another purge', async () => {
    let label = 'v1';
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1', edge } },
      fetch: (async () =>
        new Response('', { headers: { 'x-cache': 'HIT', 'x-tile-version': label } })) as unknown as typeof fetch,
      publish: { token: TOKEN, purgers: [purger], verify: { timeout: 1 } },
    });
    const publish = () =>
      origin.fetch(publishRequest({ layer: 'roads', version: 'v2', id: 'job-1' })) as Promise<Response>;
    expect(await stepsOf(publish())).toEqual([false, 'plan', 'look', 'stage', 'purge', 'verify failed', 'announce']);
    expect(await stepsOf(publish())).toEqual([false, 'plan', 'look', 'purge', 'verify failed']);
    label = 'v2';
    expect(await stepsOf(publish())).toEqual([true, 'plan', 'look', 'purge', 'verify', 'announce']);
    expect(await stepsOf(publish())).toEqual([true, 'plan']);
    expect(asked).toHaveLength(3);
  });

  it('purges again for a layer that was published for the first time', async () => {
    const { purger, asked } = recordingPurger(1);
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [purger] } });
    const publish = () => reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1' })));
    expect([(await publish()).ok, (await publish()).ok, (await publish()).ok, asked.length]).toEqual([
      false,
      true,
      true,
      2,
    ]);
  });

  it('assigns one version per id, also to a layer that was published for the first time', async () => {
    const { origin } = testOrigin();
    const publish = () => reportOf(origin.fetch(publishRequest({ layer: 'roads', id: 'job-1' })));
    const [first, second] = [await publish(), await publish()];
    expect([second.version, second.revision, second.applied]).toEqual([first.version, 1, false]);
  });

  it('reverts the label of a version that was never announced', async () => {
    const store = failingStore();
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      store,
      layers: { roads: { edge: { ...edge, template: `${edge.template}?v={version}` } } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const publish = (version: string) =>
      origin.fetch(publishRequest({ layer: 'roads', version, bbox: box, zooms: [0, 0] })) as Promise<Response>;
    await publish('v1');
    store.refuse = (state) => state.layers.roads?.version === 'v2';
    expect(await stepsOf(publish('v2'))).toEqual([false, 'plan', 'stage', 'purge', 'announce failed']);
    const label = async () =>
      (await origin.tileHeaders(() => new Response('tile'))(request('/tiles/roads/0/0/0.pbf'))).headers.get(
        'x-tile-version',
      );
    expect(await label()).toBe('v2');
    store.refuse = () => false;
    expect(await stepsOf(publish('v1'))).toEqual([true, 'plan', 'stage', 'purge', 'announce']);
    expect(await label()).toBe('v1');
    // Any tile of the layer may be stored with that label, not only those of the box.
    expect(asked.at(-1)).toEqual({ tags: ['layer:roads'] });
    expect(await stepsOf(publish('v1'))).toEqual([true, 'plan']);
  });

  it('reverts it in one write, so that a process that ends meanwhile leaves neither the label nor an old tile', async () => {
    const store = failingStore();
    const { purger } = recordingPurger();
    const { origin } = testOrigin({ store, publish: { token: TOKEN, purgers: [purger] } });
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    store.refuse = (state) => state.layers.roads?.version === 'v2';
    await origin.publishNow({ layer: 'roads', version: 'v2' });
    store.refuse = () => false;
    const written: OriginState[] = [];
    await store.watch((state) => written.push(state));
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    const left = written.map(({ begun, layers: { roads } }) => ({
      label: roads!.staged,
      resumed: begun !== undefined,
      owed: roads!.owed?.map(({ tags }) => tags),
      purged: roads!.steps.every((step) => step.purged),
    }));
    expect(left).toEqual([
      { label: undefined, resumed: false, owed: [['layer:roads']], purged: false },
      { label: undefined, resumed: false, owed: undefined, purged: true },
      { label: undefined, resumed: false, owed: undefined, purged: true },
    ]);
  });

  it('purges again if the origin kept labelling new tiles with the old version', async () => {
    const store = failingStore();
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      store,
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const publish = () => origin.fetch(publishRequest({ layer: 'roads', version: 'v2' })) as Promise<Response>;
    store.refuse = (state) => state.layers.roads?.staged === 'v2';
    expect(await stepsOf(publish())).toEqual([false, 'plan', 'stage failed', 'purge', 'announce']);
    expect([await stepsOf(publish()), asked.length]).toEqual([[true, 'plan', 'purge', 'announce'], 2]);
  });
});

describe('a publication that is no repetition', () => {
  it('is refused under a used id, also with step lines', async () => {
    const { origin } = testOrigin();
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', id: 'ci-1' }));
    for (const accept of ['application/json', 'application/x-ndjson']) {
      const refused = await origin.fetch(publishRequest({ layer: 'roads', version: 'v3', id: 'ci-1' }, { accept }));
      expect([refused.status, (await refused.json()).error]).toMatchObject([
        409,
        { code: 'CONFLICT', field: 'id', remedy: expect.any(String) },
      ]);
    }
    expect(await origin.version('roads')).toBe('v2');
  });

  it('is announced if it is another part of the version in force', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1', edge } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const publish = (bbox: number[]) => reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox })));
    const other = [100, 50, 101, 51];
    const reports = [await publish(box), await publish(other), await publish(box), await publish(other)];
    expect(reports.map(({ applied, revision }) => [applied, revision])).toEqual([
      [true, 2],
      [true, 3],
      [false, 2],
      [false, 3],
    ]);
    expect(asked).toHaveLength(2);
    const { changes } = await (await origin.fetch(request('/api/tile-version/roads'))).json();
    expect(changes).toEqual([
      { from: 'v1', bbox: box },
      { from: 'v1', bbox: other },
    ]);
  });

  it('is a first publication of the configured version: its CDN was never purged', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    expect(await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1' })))).toMatchObject({
      applied: true,
      revision: 2,
    });
    expect(asked).toHaveLength(1);
  });
});

describe('the same publication at two instances at once', () => {
  it('goes out once', async () => {
    const store = createMemoryVersionStore();
    const both = [testOrigin({ store }), testOrigin({ store })].map(({ origin }) => origin);
    await both[0]!.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    const reports = await Promise.all(
      both.map((origin) => reportOf(origin.fetch(publishRequest({ layer: 'roads', id: 'job-1' })))),
    );
    expect(reports.map(({ applied }) => applied).sort()).toEqual([false, true]);
    expect(new Set(reports.map(({ version, revision, ok }) => `${version} ${revision} ${ok}`)).size).toBe(1);
    const { roads } = (await store.read()).layers;
    expect([roads!.revision, roads!.steps.length, roads!.staged]).toEqual([2, 2, undefined]);
  });
});

/** A store that refuses to write the states for which `refuse` returns true. */
function failingStore(): VersionStore & { refuse: (state: OriginState) => boolean } {
  const inner = createMemoryVersionStore();
  const store = {
    ...inner,
    refuse: (_: OriginState) => false,
    update: async (change: Parameters<VersionStore['update']>[0]) => {
      const next = change(await inner.read());
      if (next && store.refuse(next)) throw new Error('no disk');
      return inner.update(() => next);
    },
  };
  return store;
}
