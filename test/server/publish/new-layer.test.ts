import { describe, expect, it } from 'vitest';
import { noteNewLayer } from '../../../server/publish/new-layer';
import type { TileOriginOptions } from '../../../server/tile-origin';
import { createMemoryVersionStore } from '../../../server/versions/version-store';
import { publishRequest, reportOf, testOrigin, TOKEN } from '../helpers';

const LAYERS = { roads: { version: 'v1' }, flood_zones: {} };
const REFUSE: TileOriginOptions = { layers: LAYERS, publish: { token: TOKEN, unknownLayers: 'refuse' } };
type Origin = ReturnType<typeof testOrigin>['origin'];

const planOf = async (origin: Origin, layer: string) =>
  (await reportOf(origin.fetch(publishRequest({ layer, version: 'v2' })))).steps[0]!.detail;

describe('a layer that is not configured', () => {
  it('is published, and the plan says that it is new and suggests a configured name', async () => {
    const { origin } = testOrigin({ layers: LAYERS });
    expect(await planOf(origin, 'raods')).toBe(
      'the whole layer; raods is new here and not configured (did you mean roads?)',
    );
    expect(await origin.version('raods')).toBe('v2');
  });

  it('is new only once', async () => {
    const { origin } = testOrigin({ layers: LAYERS });
    await planOf(origin, 'parks');
    expect((await reportOf(origin.fetch(publishRequest({ layer: 'parks', version: 'v3' })))).steps[0]!.detail).toBe(
      'the whole layer',
    );
  });

  it('is not reported if it is configured, or if no layer is', async () => {
    expect(await planOf(testOrigin({ layers: LAYERS }).origin, 'flood_zones')).toBe('the whole layer');
    expect(await planOf(testOrigin().origin, 'raods')).toBe('the whole layer');
  });

  it('is reported with the configured names if none is close, ten at most', () => {
    expect(noteNewLayer('parks', ['roads', 'pois'])).toBe(
      'parks is new here and not configured (configured: roads, pois)',
    );
    expect(
      noteNewLayer(
        'parks',
        Array.from({ length: 99 }, (_, i) => `l${i}`),
      ),
    ).toMatch(/l0, .*l9…\)$/);
    expect(noteNewLayer('flood_zone', ['roads', 'flood_zones'])).toContain('did you mean flood_zones?');
  });

  it.each([{}, { accept: 'application/x-ndjson' }])(
    'is refused by a strict origin, and nothing changes: %j',
    async (headers) => {
      const { origin } = testOrigin(REFUSE);
      const refused = await origin.fetch(publishRequest({ layer: 'raods', version: 'v2' }, headers));
      const { error } = await refused.json();
      expect([refused.status, error]).toMatchObject([
        400,
        { code: 'INVALID_MESSAGE', field: 'layer', remedy: expect.stringContaining('Did you mean roads?') },
      ]);
      expect(await origin.version('raods')).toBeUndefined();
      await expect(origin.publishNow({ layer: 'constructor', changed: false })).rejects.toMatchObject({
        code: 'INVALID_MESSAGE',
        field: 'layer',
      });
    },
  );

  it.each(['cafe\u0301', ' roads', 'roads\u200b', '\u202eroads', '.', '..'])(
    'is refused if its name looks like another, or does not fit in a URL: %j',
    async (layer) => {
      const { origin } = testOrigin({ layers: { ...LAYERS, 'caf\u00e9': {} } });
      const refused = await origin.fetch(publishRequest({ layer, version: 'v2' }));
      expect([refused.status, (await refused.json()).error.field]).toEqual([400, 'layer']);
      expect(await origin.version(layer)).toBeUndefined();
    },
  );

  it('may have a joiner in its name if the script needs one', async () => {
    expect((await testOrigin().origin.publishNow({ layer: '\u0645\u06cc\u200c\u062e', version: 'v1' })).ok).toBe(true);
  });

  it('cannot be retired: a mistyped name would pass for success', async () => {
    const { origin } = testOrigin({ layers: LAYERS });
    const retire = (layer: string) => origin.fetch(publishRequest({ layer, retired: true }));
    const refused = await retire('raods');
    expect([refused.status, (await refused.json()).error.remedy]).toEqual([
      400,
      expect.stringContaining('Did you mean roads?'),
    ]);
    // A repeated retirement succeeds.
    expect((await reportOf(retire('roads'))).ok).toBe(true);
    expect(await reportOf(retire('roads'))).toMatchObject({ ok: true, applied: false });
  });

  it('is accepted by a strict origin once it is configured, or known to the store', async () => {
    const store = createMemoryVersionStore();
    await testOrigin({ store }).origin.publishNow({ layer: 'older', version: 'v1' });
    const { origin } = testOrigin({ ...REFUSE, store });
    for (const layer of ['roads', 'flood_zones', 'older']) expect(await planOf(origin, layer)).toBe('the whole layer');
  });
});
