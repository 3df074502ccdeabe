import { describe, expect, it } from 'vitest';
import { publishRequest, reportOf, testOrigin, TOKEN } from '../helpers';

/** An edge that has one tile only, and drops it at each publication. */
function regional(tile: string, edge: object = {}, verify: object | false = { samples: 2, timeout: 2 }) {
  const asked: string[] = [];
  const held = new Set<string>();
  const { origin } = testOrigin({
    layers: { roads: { version: 'v1', edge: { template: 'https://cdn.test/{z}/{x}/{y}', zooms: [0, 14], ...edge } } },
    fetch: (async (url: string) => {
      const path = new URL(url).pathname.slice(1);
      asked.push(path);
      if (path !== tile) return new Response(null, { status: 404, headers: { 'x-cache': 'HIT' } });
      const cache = held.has(path) ? 'HIT' : 'MISS';
      held.add(path);
      return new Response('tile', {
        headers: { 'x-cache': cache, 'x-tile-version': (await origin.status()).layers.roads!.staged ?? 'v1' },
      });
    }) as unknown as typeof fetch,
    publish: {
      token: TOKEN,
      verify,
      purgers: [{ name: 'cdn', purge: async () => (held.clear(), { requests: 1, retries: 0 }) }],
    },
  });
  const publish = (more: object) => reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...more })));
  return { origin, asked, publish };
}

const deep = { z: 12, x: 2200, y: 1343 };

describe('samples that a publication names', () => {
  it('are the only ones checked, and prove what automatic ones cannot', async () => {
    const without = regional('12/2200/1343');
    expect((await without.publish({})).steps.find(({ step }) => step === 'verify')!.detail).toContain('unproven');
    const { publish, asked } = regional('12/2200/1343', { samples: [{ z: 3, x: 1, y: 1 }] });
    const report = await publish({ samples: [deep] });
    expect([report.ok, report.steps.find(({ step }) => step === 'verify')!.detail]).toEqual([
      true,
      'every sample: MISS, then HIT',
    ]);
    expect(new Set(asked)).toEqual(new Set(['12/2200/1343']));
  });

  it('do not distinguish publications: the same one with other samples is a repetition', async () => {
    const { publish } = regional('12/2200/1343');
    await publish({ samples: [deep], id: 'one' });
    expect(await publish({ samples: [deep, { z: 12, x: 2201, y: 1343 }], id: 'one' })).toMatchObject({
      ok: true,
      applied: false,
    });
  });

  it.each<[string, object, string, object?]>([
    ['no list', { samples: 'deep' }, 'samples'],
    ['17 of them', { samples: Array.from({ length: 17 }, () => deep) }, 'samples'],
    ['no tile', { samples: [{ z: 1, x: 0 }] }, 'samples[0]'],
    ['a fraction', { samples: [deep, { z: 1, x: 0.5, y: 0 }] }, 'samples[1].x'],
    ['NaN, which JSON writes as null', { samples: [{ z: 1, x: NaN, y: 0 }] }, 'samples[0].x'],
    ['a field too many', { samples: [{ ...deep, w: 1 }] }, 'samples[0].w'],
    ['outside of the grid', { samples: [{ z: 2, x: 4, y: 0 }] }, 'samples[0]'],
    ['a zoom that the layer does not have', { samples: [{ z: 15, x: 0, y: 0 }] }, 'samples[0]'],
    ['a zoom that did not change', { zooms: [0, 10], samples: [deep] }, 'samples[0]'],
    ['outside of the box', { bbox: [100, 10, 110, 20], samples: [deep] }, 'samples[0]'],
    [
      'outside of the box, in degrees',
      { bbox: [100, 10, 110, 20], samples: [deep] },
      'samples[0]',
      { crs: 'EPSG:4326' },
    ],
    ['beside a retirement', { retired: true, version: undefined, samples: [deep] }, 'samples'],
  ])('are refused before any step: %s', async (_, more, field, edge) => {
    const { origin, asked } = regional('', edge);
    const response = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...more }));
    expect([response.status, (await response.json()).error.field]).toEqual([400, field]);
    expect([asked, await origin.version('roads')]).toEqual([[], 'v1']);
  });

  it.each<[string, object, object?]>([
    ['inside of the box', { bbox: [13.3, 52.5, 13.5, 52.6], samples: [deep] }],
    ['across the antimeridian', { bbox: [170, -20, -170, -10], samples: [{ z: 3, x: 0, y: 4 }] }],
    ['the right half of the other grid', { samples: [{ z: 2, x: 7, y: 0 }] }, { crs: 'EPSG:4326' }],
    [
      'in the box of the other grid',
      { bbox: [100, 10, 110, 20], samples: [{ z: 2, x: 6, y: 1 }] },
      { crs: 'EPSG:4326' },
    ],
  ])('are accepted %s', async (_, more, edge) => {
    const { origin } = regional('', edge);
    expect((await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...more }))).status).not.toBe(400);
  });

  it('are reported as useless if verification is off', async () => {
    const { publish } = regional('', {}, false);
    expect((await publish({ samples: [deep] })).steps[0]!.detail).toContain('this origin does not check its samples');
  });
});
