import { describe, expect, it, vi } from 'vitest';
import { parsePublication } from '../../server/publication';
import type { Purger } from '../../server/purge/purger';
import { purgeFailed } from '../../server/purge/purger';
import type { PublishReport } from '../../server/publish';
import { createMemoryVersionStore } from '../../server/version-store';
import { fakeClock, publishRequest, request, testOrigin, TOKEN } from './helpers';

/** A CDN that notes what it was asked, and what clients were told at that moment. */
function recordingPurger(fails = 0) {
  const asked: Array<{ tags: readonly string[]; urls?: readonly string[] }> = [];
  let left = fails;
  const purger: Purger = {
    name: 'recorder',
    async purge({ tags, urls }) {
      asked.push({ tags, ...(urls && { urls }) });
      if (left-- > 0) throw purgeFailed('recorder', 'answered 503');
      return { requests: 1, retries: 0 };
    },
  };
  return { purger, asked };
}

const reportOf = async (response: Response | Promise<Response>) => (await (await response).json()) as PublishReport;

describe('POST /api/publish', () => {
  it('purges, then announces, and reports each step', async () => {
    const store = createMemoryVersionStore();
    const order: string[] = [];
    const purger: Purger = {
      name: 'cdn',
      async purge({ tags }) {
        const roads = (await store.read()).layers.roads;
        order.push(`purge ${tags} at ${roads?.version}, tiles ${roads?.staged}`);
        return { requests: 1, retries: 0 };
      },
    };
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } }, store,
      publish: { token: TOKEN, purgers: [purger], onClear: ({ layer }) => void order.push(`clear ${layer}`) },
    });
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2' })));
    expect(order).toEqual(['clear roads', 'purge layer:roads at v1, tiles v2']);
    expect(report).toMatchObject({ ok: true, applied: true, layer: 'roads', previous: 'v1', version: 'v2', revision: 2, plan: 'layer' });
    expect(report.steps.map(({ step, ok }) => `${step} ${ok}`)).toEqual(['plan true', 'stage true', 'clear true', 'purge true', 'announce true']);
  });

  it.each([
    ['no token', {}], ['a wrong one', { authorization: 'Bearer wrong' }], ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a longer one', { authorization: `Bearer ${TOKEN}x` }],
  ])('refuses %s and changes nothing', async (_, headers) => {
    const { origin } = testOrigin();
    const refused = await origin.fetch(request('/api/publish', { method: 'POST', body: '{"layer":"roads","version":"v1"}', headers }));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await origin.version('roads')).toBeUndefined();
  });

  it('refuses what is too long, no JSON, or mistyped', async () => {
    const { origin } = testOrigin();
    const statusOf = async (body: unknown) => (await origin.fetch(publishRequest(body))).status;
    expect(await statusOf(' '.repeat(70_000))).toBe(413);
    expect(await statusOf('{')).toBe(400);
    const typo = await origin.fetch(publishRequest({ layer: 'roads', bbbox: [0, 0, 1, 1] }));
    expect([typo.status, (await typo.json()).error]).toMatchObject([400, { code: 'UNSUPPORTED_FIELD', field: 'bbbox' }]);
    expect((await origin.fetch(publishRequest({ layer: 'roads' }, { accept: 'text/html' }))).status).toBe(200);
  });

  it('counts a repeated id once, also when it names no version', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, publish: { token: TOKEN, purgers: [purger] } });
    const publish = () => reportOf(origin.fetch(publishRequest({ layer: 'roads' }, { 'idempotency-key': 'job-1' })));
    const first = await publish();
    const second = await publish();
    expect([second.applied, second.version, second.revision, second.previous]).toEqual([false, first.version, 2, 'v1']);
    expect(asked).toHaveLength(1);
  });

  it('counts the version in force once', async () => {
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } } });
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1', bbox: [0, 0, 1, 1] })));
    expect([report.applied, report.revision]).toEqual([false, 1]);
  });

  it('announces although the CDN failed, says so, and purges again when repeated', async () => {
    const { purger, asked } = recordingPurger(1);
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, publish: { token: TOKEN, purgers: [purger] } });
    const failed = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(failed.status).toBe(502);
    const report = await reportOf(failed);
    expect(report).toMatchObject({ ok: false, applied: true, version: 'v2' });
    expect(report.steps.find(({ step }) => step === 'purge')).toMatchObject({ ok: false, cdn: 'recorder', detail: 'recorder: answered 503' });
    expect(await origin.version('roads')).toBe('v2');
    const again = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect([again.status, (await reportOf(again)).applied, asked.length]).toEqual([200, false, 2]);
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(asked).toHaveLength(2);
  });

  it('takes what change detectors on PostGIS send', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, publish: { token: TOKEN, purgers: [purger] } });
    const body = { layer: 'roads', changed: 12, bbox: { xmin: -74.3, ymin: 40.5, xmax: -73.7, ymax: 40.9 }, tags: ['region:nyc'] };
    const report = await reportOf(origin.fetch(publishRequest(body)));
    expect(asked).toEqual([{ tags: ['layer:roads', 'region:nyc'] }]);
    const manifest = await (await origin.fetch(request('/api/tile-version?layer=roads'))).json();
    expect(manifest).toEqual({ version: report.version, revision: 2, changes: [{ from: 'v1', bbox: [-74.3, 40.5, -73.7, 40.9] }] });
    expect(await reportOf(origin.fetch(publishRequest({ ...body, changed: false })))).toMatchObject({ ok: true, applied: false, revision: 2 });
  });

  it('purges a small box by URL, of both versions, and a large one by tag', async () => {
    const { purger, asked } = recordingPurger();
    const edge = { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf?v={version}', zooms: [0, 2] as const };
    const { origin } = testOrigin({ layers: { roads: { version: 'v1', edge } }, publish: { token: TOKEN, purgers: [purger], maxPurgeUrls: 100 } });
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [1, 1, 2, 2], zooms: [0, 1] }));
    expect(asked[0]!.urls!.slice(0, 2)).toEqual(['https://cdn.test/roads/0/0/0.pbf?v=v2', 'https://cdn.test/roads/0/0/0.pbf?v=v1']);
    expect(asked[0]!.urls).toHaveLength(2 * (1 + 4));
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v3', bbox: [-180, -80, 180, 80] }));
    expect(asked[1]!.urls).toHaveLength(2 * (1 + 4 + 16));
    const { purger: other, asked: askedOther } = recordingPurger();
    const { origin: strict } = testOrigin({ layers: { roads: { version: 'v1', edge } }, publish: { token: TOKEN, purgers: [other], maxPurgeUrls: 41 } });
    await strict.fetch(publishRequest({ layer: 'roads', version: 'v3', bbox: [-180, -80, 180, 80] }));
    expect(askedOther).toEqual([{ tags: ['layer:roads'] }]);
  });

  it('purges metadata alone by its own tag', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, publish: { token: TOKEN, purgers: [purger] } });
    expect(await reportOf(origin.fetch(publishRequest({ layer: 'roads', scope: 'metadata' })))).toMatchObject({ plan: 'metadata' });
    expect(asked).toEqual([{ tags: ['metadata:roads'] }]);
  });

  it('tells each step as it ends to those who ask for lines', async () => {
    const { origin } = testOrigin();
    const response = await origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }, { accept: 'application/x-ndjson' }));
    const lines = (await response.text()).trim().split('\n').map((line) => JSON.parse(line));
    expect(lines.map(({ step, report }) => step ?? report.version)).toEqual(['plan', 'stage', 'announce', 'v1']);
  });

  it('runs publications one after another', async () => {
    const { origin } = testOrigin();
    const reports = await Promise.all(Array.from({ length: 20 }, (_, i) => reportOf(origin.fetch(publishRequest({ layer: 'roads', version: `v${i}` })))));
    expect(reports.map(({ revision, previous }) => [revision, previous])).toEqual(reports.map((_, i) => [i + 1, i ? `v${i - 1}` : undefined]));
  });
});

describe('the check at the edge', () => {
  const edge = { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf', zooms: [0, 4] as const };

  /** An edge that goes on answering with the old tile for so many seconds after the publication. */
  function setUp(holdsFor: number, verify = {}) {
    const clock = fakeClock();
    const heldUntil = clock.at + holdsFor * 1000;
    const cached = new Set<string>();
    const edgeFetch = vi.fn(async (url: string | URL | Request) => {
      const old = clock.at < heldUntil;
      const status = old || cached.has(String(url)) ? 'HIT' : 'MISS';
      if (!old) cached.add(String(url));
      return new Response('', { headers: { 'x-cache': status, 'x-tile-version': old ? 'v1' : 'v2' } });
    });
    const { origin } = testOrigin({
      now: clock.now, sleep: clock.sleep, fetch: edgeFetch as typeof fetch,
      layers: { roads: { version: 'v1', edge } }, publish: { token: TOKEN, verify },
    });
    return { origin, edgeFetch };
  }

  it('waits for a MISS, then a HIT, and measures', async () => {
    const { origin, edgeFetch } = setUp(2);
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [10, 10, 11, 11] })));
    const step = report.steps.at(-1)!;
    expect([step.step, step.ok]).toEqual(['verify', true]);
    expect(step.purgeLatency).toBeGreaterThanOrEqual(2);
    expect(step.purgeLatency).toBeLessThan(3.2);
    expect(new Set(edgeFetch.mock.calls.map(([url]) => String(url)))).toEqual(
      new Set(['https://cdn.test/roads/0/0/0.pbf', 'https://cdn.test/roads/2/2/1.pbf', 'https://cdn.test/roads/4/8/7.pbf']),
    );
  });

  it('fails when the limit is passed', async () => {
    const { origin } = setUp(2, { limit: 1 });
    const response = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(response.status).toBe(502);
    expect((await reportOf(response)).steps.at(-1)!.detail).toMatch(/the limit is 1 s/);
    expect(await origin.version('roads')).toBe('v2');
  });

  it('gives up when the old tile stays', async () => {
    const { origin } = setUp(1000, { timeout: 5 });
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2' })));
    expect(report.steps.at(-1)!).toMatchObject({ ok: false, detail: expect.stringContaining('the old tile is still there (200, edge hit, version v1)') });
  });
});

describe('parsePublication', () => {
  it.each<[string, unknown]>([
    ['publication', null], ['layer', {}], ['layer', { layer: '' }], ['version', { layer: 'a', version: 'two words' }],
    ['bbox[1]', { layer: 'a', bbox: [0, 5, 1, 4] }], ['bbox[0]', { layer: 'a', bbox: { xmin: 'x', ymin: 0, xmax: 1, ymax: 1 } }],
    ['zooms[0]', { layer: 'a', zooms: [5, 4] }], ['scope', { layer: 'a', scope: 'all' }], ['id', { layer: 'a', id: '' }],
    ['tags', { layer: 'a', tags: ['a,b'] }], ['tags', { layer: 'a', tags: Array(31).fill('t') }], ['changed', { layer: 'a', changed: {} }],
  ])('names %s', (field, value) => {
    expect(() => parsePublication(value)).toThrow(expect.objectContaining({ field }));
  });

  it('takes null for what is absent, as databases write it', () => {
    expect(parsePublication({ layer: 'a', version: null, bbox: null, zooms: null, tags: null, changed: null })).toEqual({ layer: 'a', tags: [], changed: true });
  });
});
