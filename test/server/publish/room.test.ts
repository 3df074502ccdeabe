import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/shared/parse-manifest';
import { announce, recover, retire } from '../../../server/versions/transitions';
import { EMPTY_STATE } from '../../../server/versions/state';
import { createMemoryVersionStore } from '../../../server/versions/version-store';
import { publishRequest, recordingPurger, reportOf, request, testOrigin, TOKEN } from '../helpers';

const refusalOf = async (response: Response | Promise<Response>) => {
  const { status } = await response;
  return [status, ((await (await response).json()) as { error: { code: string; field?: string } }).error] as const;
};

describe('a publication that no client could read is refused before it is written', () => {
  it('the layer *', async () => {
    const { origin } = testOrigin();
    const [status, error] = await refusalOf(origin.fetch(publishRequest({ layer: '*', version: 'v1' })));
    expect([status, error]).toMatchObject([400, { code: 'INVALID_MESSAGE', field: 'layer' }]);
    expect(() => testOrigin({ layers: { '*': {} } })).toThrow(/\*/);
  });

  it('the 1,001st layer, and a manifest above 256 KiB', async () => {
    let state = EMPTY_STATE;
    for (let i = 0; i < 1000; i++) state = announce(state, { layer: `layer-${i}`, version: 'v1', purged: true }, 0);
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      store: createMemoryVersionStore(state),
      publish: { token: TOKEN, purgers: [purger] },
    });
    const [status, error] = await refusalOf(origin.fetch(publishRequest({ layer: 'one-more', version: 'v1' })));
    expect([status, error]).toMatchObject([413, { code: 'LIMIT_EXCEEDED', field: 'layer' }]);
    expect(asked).toEqual([]);
    expect((await reportOf(origin.fetch(publishRequest({ layer: 'layer-7', version: 'v2' })))).ok).toBe(true);
    const manifest = await (await origin.fetch(request('/api/tile-version'))).json();
    expect(Object.keys(parseManifest(manifest).layers)).toHaveLength(1000);

    let large = EMPTY_STATE;
    for (let i = 0; i < 990; i++)
      large = announce(large, { layer: `${'long'.repeat(25)}-${i}`, version: 'v'.repeat(128), purged: true }, 0);
    const full = testOrigin({ store: createMemoryVersionStore(large) }).origin;
    const [code, told] = await refusalOf(full.fetch(publishRequest({ layer: 'roads', version: 'v1' })));
    expect([code, told]).toMatchObject([413, { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('262144') }]);
  });
});

it('refuses a publication whose revision no client could read', async () => {
  const layer = { version: 'v1', revision: Number.MAX_SAFE_INTEGER, publishedAt: 0, steps: [] };
  const store = createMemoryVersionStore({ sequence: 1, revision: layer.revision, layers: { roads: layer } });
  const { origin } = testOrigin({ store });
  const refused = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
  expect([refused.status, (await refused.json()).error.remedy]).toEqual([413, expect.stringContaining('epoch')]);
  expect(await origin.version('roads')).toBe('v1');
});

describe('a layer that is retired', () => {
  it('leaves the manifest with a higher revision, after the CDN dropped it, and the streams report it', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [purger] } });
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    await origin.publishNow({ layer: 'rivers', version: 'v1' });
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', retired: true })));
    expect(report).toMatchObject({ ok: true, applied: true, revision: 3 });
    expect(asked.at(-1)!.tags).toEqual(['layer:roads']);
    const manifest = (await (await origin.fetch(request('/api/tile-version'))).json()) as { layers: object };
    expect(Object.keys(manifest.layers)).toEqual(['rivers']);
    expect((await reportOf(origin.fetch(publishRequest({ layer: 'roads', retired: true })))).applied).toBe(false);
    // The layer may return, and its revision continues.
    expect((await origin.publishNow({ layer: 'roads', version: 'v1' })).revision).toBe(4);
    await origin.close();
  });

  it('does not return with a restart, although its version is configured', async () => {
    const store = createMemoryVersionStore();
    const start = () => testOrigin({ store, layers: { roads: { version: 'v1' } } }).origin;
    await start().publishNow({ layer: 'roads', retired: true });
    const again = start();
    expect(await again.version('roads')).toBeUndefined();
    expect((await again.publishNow({ layer: 'roads', version: 'v2' })).ok).toBe(true);
    expect(await start().version('roads')).toBe('v2');
  });

  it('stays until every CDN dropped it', async () => {
    const { purger } = recordingPurger(1);
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    expect(await origin.publishNow({ layer: 'roads', retired: true })).toMatchObject({ ok: false, applied: false });
    expect(await origin.version('roads')).toBe('v1');
    expect(await origin.publishNow({ layer: 'roads', retired: true })).toMatchObject({ ok: true, applied: true });
    expect(await origin.version('roads')).toBeUndefined();
    await origin.close();
  });

  it('is not restored by an instance that still knows it', () => {
    const known = announce(EMPTY_STATE, { layer: 'roads', version: 'v1', purged: true }, 0);
    const stored = retire(known, 'roads', 0)!;
    expect(recover(stored, known)).toBe(stored);
    // Conversely, the store lost the retirement.
    expect(recover(known, stored).layers).toEqual({});
  });

  it.each([{ version: 'v2' }, { bbox: [0, 0, 1, 1] }, { retired: 'yes' }])(
    'cannot be combined with %j',
    async (more) => {
      const { origin } = testOrigin();
      expect((await origin.fetch(publishRequest({ layer: 'roads', retired: true, ...more }))).status).toBe(400);
    },
  );
});
