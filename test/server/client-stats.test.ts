import { expect, it } from 'vitest';
import { clientStatsOf } from '../../server/rum/client-stats';
import { createRumMetrics } from '../../server/rum/rum-metrics';
import { statusPage } from '../../server/serve/status-page';
import { createClientVersions } from '../../server/versions/client-versions';
import { EMPTY_STATE } from '../../server/versions/state';

const tiles = (status: 'hit' | 'miss', count: number) => ({
  layer: 'roads',
  zoom: 6,
  status,
  count,
  staleServed: 0,
  errors: status === 'miss' ? 2 : 0,
  mismatches: 1,
  validations: { count: 0, sum: 0, buckets: [] as number[] },
  ageBuckets: [] as number[],
  ageSum: 0,
});

it('sums up beacons by layer for the operators’ page', () => {
  const clients = createClientVersions({}, () => 0);
  const metrics = createRumMetrics({ layers: ['roads'] }, clients, () => 'v2');
  const batch = (session: string, version: string) => ({
    session,
    sentAt: 1,
    versions: { roads: version },
    tiles: [tiles('hit', 7), tiles('miss', 3)],
  });
  metrics.add(batch('a', 'v2') as never);
  metrics.add(batch('b', 'v1') as never);
  metrics.beacon('accepted');
  const seen = clientStatsOf(metrics.all);
  expect(seen).toMatchObject({
    layers: { roads: { current: 1, old: 1, answers: { hit: 14, miss: 6, stale: 0 }, errors: 4, mismatches: 4 } },
    beacons: { accepted: 1, refused: 0 },
  });
  const step = { to: 'v2', from: 'v1', at: 5, revision: 9, purged: true, verified: false };
  const ranged = { ...step, range: { zooms: [3, 5] as [number, number] }, at: 6 };
  const page = statusPage({
    source: 'a folder',
    status: { layers: {}, running: [], unfinished: [] },
    state: {
      ...EMPTY_STATE,
      layers: { roads: { version: 'v2', revision: 9, publishedAt: 5, steps: [step, ranged] } },
    },
    streams: { clients: 0, dropped: 0, refused: 0, limited: 0 },
    seen,
    now: 10,
  });
  const cells = page.replace(/\s+</g, '<').replace(/\s+/g, ' ');
  expect(cells).toContain('<td>roads</td><td>1</td><td><strong>1</strong></td><td>50 %</td>');
  expect(cells).toContain('<td>14</td><td>0</td><td>0</td><td>6</td>');
  expect(cells).toContain('<td>zooms 3 to 5</td><td>yes</td>');
  expect(cells).toContain('<td>the whole layer</td>');
  expect(cells).toContain('<td>accepted</td><td>1</td>');
});
