import { describe, expect, it } from 'vitest';
import type { Purger } from '../../../server/purge/purger';
import { createMemoryVersionStore } from '../../../server/versions/version-store';
import { publishRequest, recordingPurger, reportOf, request, testOrigin, TOKEN } from '../helpers';

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
      layers: { roads: { version: 'v1' } },
      store,
      publish: { token: TOKEN, purgers: [purger], onClear: ({ layer }) => void order.push(`clear ${layer}`) },
    });
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2' })));
    expect(order).toEqual(['clear roads', 'purge layer:roads at v1, tiles v2']);
    expect(report).toMatchObject({
      ok: true,
      applied: true,
      layer: 'roads',
      previous: 'v1',
      version: 'v2',
      revision: 2,
      plan: 'layer',
    });
    expect(report.steps.map(({ step, ok }) => `${step} ${ok}`)).toEqual([
      'plan true',
      'stage true',
      'clear true',
      'purge true',
      'announce true',
    ]);
  });

  it.each([
    [{ zooms: [10, 12] }, 'warning: only zooms 10 to 12 change'],
    [{ zooms: [10, 10] }, 'warning: only zoom 10 changes'],
    [{ bbox: [1, 1, 2, 2], zooms: [10, 12] }, undefined],
    [{ bbox: [1, 1, 2, 2] }, undefined],
    [{}, undefined],
  ])('warns about %j at the border of old and new zooms, before any purge', async (part, warning) => {
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, publish: { token: TOKEN } });
    const { ok, steps } = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...part })));
    expect(ok).toBe(true);
    expect(steps[0]!.step).toBe('plan');
    expect(/warning: only zooms? [\d to]+ changes?/.exec(steps[0]!.detail)?.[0]).toBe(warning);
  });

  it.each([
    ['no token', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
    ['a longer one', { authorization: `Bearer ${TOKEN}x` }],
  ])('refuses %s and changes nothing', async (_, headers) => {
    const { origin } = testOrigin();
    const refused = await origin.fetch(
      request('/api/publish', { method: 'POST', body: '{"layer":"roads","version":"v1"}', headers }),
    );
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await origin.version('roads')).toBeUndefined();
  });

  it('refuses a body that is too long, invalid JSON, or mistyped', async () => {
    const { origin } = testOrigin();
    const statusOf = async (body: unknown) => (await origin.fetch(publishRequest(body))).status;
    expect(await statusOf(' '.repeat(540_000))).toBe(413);
    expect(await statusOf('{')).toBe(400);
    const typo = await origin.fetch(publishRequest({ layer: 'roads', bbbox: [0, 0, 1, 1] }));
    expect([typo.status, (await typo.json()).error]).toMatchObject([
      400,
      { code: 'UNSUPPORTED_FIELD', field: 'bbbox' },
    ]);
    expect((await origin.fetch(publishRequest({ layer: 'roads' }, { accept: 'text/html' }))).status).toBe(200);
  });

  it('counts a repeated id once, also without a version', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const publish = () => reportOf(origin.fetch(publishRequest({ layer: 'roads' }, { 'idempotency-key': 'job-1' })));
    const first = await publish();
    const second = await publish();
    expect([second.applied, second.version, second.revision, second.previous]).toEqual([false, first.version, 2, 'v1']);
    expect(asked).toHaveLength(1);
  });

  it('counts a repetition of the version in force once', async () => {
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } } });
    const publish = () => reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] })));
    const reports = [await publish(), await publish()];
    expect(reports.map(({ applied, revision, previous }) => [applied, revision, previous])).toEqual([
      [true, 2, 'v1'],
      [false, 2, 'v1'],
    ]);
  });

  it('announces no version that a header cannot carry, whoever generated it', async () => {
    const { origin } = testOrigin({ publish: { token: TOKEN, makeVersion: () => 'two words\nx' } });
    const refused = await origin.fetch(publishRequest({ layer: 'roads' }));
    expect([refused.status, (await refused.json()).error]).toMatchObject([
      500,
      { code: 'INVALID_OPTION', field: 'makeVersion' },
    ]);
    expect(await origin.version('roads')).toBeUndefined();
  });

  it('announces although the CDN failed, reports the failure, and purges again on repetition', async () => {
    const { purger, asked } = recordingPurger(1);
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const failed = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(failed.status).toBe(502);
    const report = await reportOf(failed);
    expect(report).toMatchObject({ ok: false, applied: true, version: 'v2' });
    expect(report.steps.find(({ step }) => step === 'purge')).toMatchObject({
      ok: false,
      cdn: 'recorder',
      detail: 'recorder: answered 503',
    });
    expect(await origin.version('roads')).toBe('v2');
    const again = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect([again.status, (await reportOf(again)).applied, asked.length]).toEqual([200, false, 2]);
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(asked).toHaveLength(2);
  });

  it('accepts the publications of change detectors on PostGIS', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const body = {
      layer: 'roads',
      changed: 12,
      bbox: { xmin: -74.3, ymin: 40.5, xmax: -73.7, ymax: 40.9 },
      tags: ['region:nyc'],
    };
    const report = await reportOf(origin.fetch(publishRequest(body)));
    expect(asked).toEqual([{ tags: ['layer:roads', 'region:nyc'] }]);
    const manifest = await (await origin.fetch(request('/api/tile-version?layer=roads'))).json();
    expect(manifest).toEqual({
      version: report.version,
      revision: 2,
      changes: [{ from: 'v1', bbox: [-74.3, 40.5, -73.7, 40.9] }],
    });
    expect(await reportOf(origin.fetch(publishRequest({ ...body, changed: false })))).toMatchObject({
      ok: true,
      applied: false,
      revision: 2,
    });
  });

  it('purges a small box by URL, of both versions, and a large one by tag', async () => {
    const { purger, asked } = recordingPurger();
    const edge = { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf?v={version}', zooms: [0, 2] as const };
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1', edge } },
      publish: { token: TOKEN, purgers: [purger], maxPurgeUrls: 100 },
    });
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [1, 1, 2, 2], zooms: [0, 1] }));
    expect(asked[0]!.urls!.slice(0, 2)).toEqual([
      'https://cdn.test/roads/0/0/0.pbf?v=v2',
      'https://cdn.test/roads/0/0/0.pbf?v=v1',
    ]);
    expect(asked[0]!.urls).toHaveLength(2 * (1 + 4));
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v3', bbox: [-180, -80, 180, 80] }));
    expect(asked[1]!.urls).toHaveLength(2 * (1 + 4 + 16));
    const { purger: other, asked: askedOther } = recordingPurger();
    const { origin: strict } = testOrigin({
      layers: { roads: { version: 'v1', edge } },
      publish: { token: TOKEN, purgers: [other], maxPurgeUrls: 41 },
    });
    await strict.fetch(publishRequest({ layer: 'roads', version: 'v3', bbox: [-180, -80, 180, 80] }));
    expect(askedOther).toEqual([{ tags: ['layer:roads'] }]);
  });

  it('purges only the metadata by its own tag', async () => {
    const { purger, asked } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    expect(await reportOf(origin.fetch(publishRequest({ layer: 'roads', scope: 'metadata' })))).toMatchObject({
      plan: 'metadata',
    });
    expect(asked).toEqual([{ tags: ['metadata:roads'] }]);
  });

  it('sends a line for each step as it ends, on request', async () => {
    const { origin } = testOrigin();
    const response = await origin.fetch(
      publishRequest({ layer: 'roads', version: 'v1' }, { accept: 'application/x-ndjson' }),
    );
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ step, report }) => step ?? report.version)).toEqual(['plan', 'stage', 'announce', 'v1']);
  });

  it('runs publications one after another', async () => {
    const { origin } = testOrigin();
    const reports = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        reportOf(origin.fetch(publishRequest({ layer: 'roads', version: `v${i}` }))),
      ),
    );
    // In whatever order the origin read them.
    const inTurn = [...reports].sort((a, b) => a.revision! - b.revision!);
    expect(inTurn.map(({ revision, previous }) => [revision, previous])).toEqual(
      inTurn.map((_, i) => [i + 1, inTurn[i - 1]?.version]),
    );
    expect(new Set(reports.map(({ version }) => version)).size).toBe(20);
  });
});
