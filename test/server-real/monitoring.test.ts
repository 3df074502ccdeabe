import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toNodeListener } from '../../server/http/node';
import { createTileOrigin } from '../../server/tile-origin';
import { AGE_BOUNDS, emptyHistogram, observe, type RumBatch, VALIDATION_BOUNDS } from '../../src/shared/rum-schema';
import { listen, TOKEN } from '../server/helpers';
import { freePort, type Program, program, start, temporaryFolder } from './programs';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folderUrl = new URL('../../docs/monitoring/', import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, folderUrl));

describe('the rules', () => {
  it.each([
    ['check', 'rules', 'rules.yml'],
    ['test', 'rules', 'rules.test.yml'],
    ['test', 'rules', 'rules-days.test.yml'],
  ])('promtool %s %s %s', (...args) => {
    const { status, stdout, stderr } = spawnSync(program('promtool'), args, {
      cwd: fileURLToPath(folderUrl),
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
  });
});

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

describe('a real Prometheus that scrapes the collector', () => {
  let prometheus: Program;
  let url: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let site: Awaited<ReturnType<typeof listen>>;
  const origin = createTileOrigin({
    layers: { pois: { preset: 'poi', version: 'v1' }, base: { preset: 'base', version: 'b1' } },
    rum: { rateLimit: { burst: 1e6, perSecond: 1e6 }, kiosks: ['lobby'], experiments: ['swr-on', 'swr-off'] },
    metrics: { registry: new Registry() },
    publish: { token: TOKEN, purgers: [{ name: 'edge', purge: async () => ({ requests: 1, retries: 0 }) }] },
  });

  const tile = origin.tileHeaders(() => new Response('a tile'));

  // The exact values: 200 tiles, with ages and validations chosen so that none falls on a bucket bound.
  const ages = Array.from({ length: 100 }, (_, i) => (i < 50 ? 5 : i < 90 ? 200 : 2000));
  const took = Array.from({ length: 40 }, (_, i) => (i < 30 ? 80 : i < 37 ? 400 : 3000));
  let id = 0;

  function batch(): RumBatch {
    id += 1;
    const age = emptyHistogram(AGE_BOUNDS);
    const validations = emptyHistogram(VALIDATION_BOUNDS);
    for (const a of ages) observe(age, AGE_BOUNDS, a);
    for (const t of took) observe(validations, VALIDATION_BOUNDS, t);
    const zero = {
      ageBuckets: emptyHistogram(AGE_BOUNDS).buckets,
      ageSum: 0,
      ageMax: 0,
      staleServed: 0,
      validations: emptyHistogram(VALIDATION_BOUNDS),
      errors: 0,
    };
    const fresh = (count: number) => ({ ...zero, ageBuckets: zero.ageBuckets.map((_, i) => (i === 0 ? count : 0)) });
    return {
      schema: 1,
      id: `batch-${id}`,
      session: `session-${id % 10}`,
      sentAt: Date.now(),
      page: '/',
      sample: 1,
      versions: { pois: id % 10 < 2 ? 'v0' : 'v1', base: 'b1' },
      tiles: [
        {
          layer: 'pois',
          zoom: 10,
          status: 'stale',
          count: 100,
          ageBuckets: age.buckets,
          ageSum: age.sum,
          ageMax: 2000,
          staleServed: 12,
          validations,
          errors: 0,
        },
        { layer: 'pois', zoom: 14, status: 'miss', count: 60, ...fresh(60), bytes: 720_000 },
        { layer: 'pois', zoom: 14, status: 'error', count: 40, ...zero, errors: 40 },
        { layer: 'base', zoom: 3, status: 'hit', count: 10, ...fresh(10) },
      ],
      vitals: [
        { name: 'LCP', value: 900, cacheStatus: 'hit' },
        { name: 'LCP', value: 2600, cacheStatus: 'miss' },
        { name: 'CLS', value: 0.02, cacheStatus: 'hit' },
      ],
      views: [
        { name: 'full-view', layer: 'pois', value: 0.7, cause: 'load' },
        { name: 'blank', layer: 'pois', value: 2.5, cause: 'load' },
        { name: 'view-age', layer: 'pois', value: 600 },
        { name: 'swap', layer: 'pois', value: 0.4 },
      ],
    };
  }

  const send = async (body: object = batch()) => {
    const headers = { 'content-type': 'application/json' };
    await origin.fetch(new Request('http://o/api/rum', { method: 'POST', body: JSON.stringify(body), headers }));
  };

  let reports = 0;
  const health = (id: string) => ({
    kind: 'health',
    schema: 1,
    id,
    name: 'lobby',
    up: 60,
    missing: 0,
    offline: 0,
    oldest: 5,
    heals: [{ remedy: 'refresh', count: 1 }],
    errors: 1,
    versions: { pois: 'v1' },
    storage: { usage: 1000, quota: 2000, persisted: true },
  });

  async function query(expr: string): Promise<Sample[]> {
    const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) });
    const answer = (await response.json()) as { status: string; error?: string; data: { result: Sample[] } };
    if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
    return answer.data.result;
  }

  const number = async (expr: string) => Number((await query(expr))[0]?.value[1]);

  beforeAll(async () => {
    folder = await temporaryFolder();
    site = await listen(toNodeListener(origin.fetch));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await writeFile(
      `${folder.path}/prometheus.yml`,
      JSON.stringify({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [path('rules.yml')],
        scrape_configs: [{ job_name: 'tiles', static_configs: [{ targets: [new URL(site.url).host] }] }],
      }),
    );
    prometheus = await start(
      'prometheus',
      [
        `--config.file=${folder.path}/prometheus.yml`,
        `--storage.tsdb.path=${folder.path}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      port,
    );
    await send();
    await vi.waitFor(async () => expect(await number('sum(tile_requests_total)')).toBe(210), {
      timeout: 30_000,
      interval: 200,
    });
  }, 60_000);

  afterAll(async () => {
    await prometheus?.stop();
    await site?.close();
    await origin.close();
    await folder?.remove();
  });

  it('computes the ratios and percentiles of the beacons', async () => {
    expect(
      await number('sum(tile_cache_hits_total{layer="pois"}) / sum(tile_requests_total{layer="pois"})'),
    ).toBeCloseTo(100 / 200, 9);
    expect(
      await number('sum(tile_stale_served_total{layer="pois"}) / sum(tile_requests_total{layer="pois"})'),
    ).toBeCloseTo(12 / 200, 9);
    expect(await number('sum(tile_age_seconds_sum{zoom_band="9-12"})')).toBeCloseTo(
      ages.reduce<number>((a, b) => a + b, 0),
      6,
    );
    // A histogram locates a percentile only to its bucket: the true one must lie in it, and the estimate is the interpolation.
    const quantile = (q: number, metric: string) =>
      number(`histogram_quantile(${q}, sum by (le) (${metric}_bucket{zoom_band="9-12"}))`);
    const [p50, p80, p95] = await Promise.all([0.5, 0.8, 0.95].map((q) => quantile(q, 'tile_age_seconds')));
    expect(p50).toBeCloseTo(10, 6);
    expect(p80).toBeCloseTo(60 + (240 * 30) / 40, 6);
    expect(p95).toBeCloseTo(900 + (2700 * 5) / 10, 6);
    expect(await quantile(0.9, 'tile_revalidation_latency_seconds')).toBeCloseTo(0.25 + (0.25 * 6) / 7, 6);
    expect(await number('sum(tile_clients{layer="pois"})')).toBe(1);
  });

  it('answers every query of the dashboard', async () => {
    const dashboard = JSON.parse(await readFile(path('dashboard.json'), 'utf8')) as {
      panels: Array<{ title: string; targets: Array<{ expr: string }> }>;
      templating: { list: Array<{ name: string }> };
    };
    const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));
    expect(queries.length).toBeGreaterThan(12);
    const fill = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$layer', '.*');
    for (const [title, expr] of queries) expect(`${title}: ${fill(expr)}`).not.toContain('$');
    // Each panel needs a value: rates need two scrapes with new data in between.
    await vi.waitFor(
      async () => {
        await send();
        await send(health(`health-${(reports += 1)}`));
        await origin.publishNow({ layer: 'base' });
        await (await tile(new Request('http://o.test/tiles/base/0/0/0.pbf'))).arrayBuffer();
        const empty: string[] = [];
        for (const [title, expr] of queries) {
          const result = await query(fill(expr));
          if (!result.some(({ value }) => Number.isFinite(Number(value[1])))) empty.push(`${title}: ${expr}`);
        }
        expect(empty).toEqual([]);
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(
      await number('sum(tile_clients{layer="pois",state="old"}) / sum(tile_clients{layer="pois"})'),
    ).toBeGreaterThan(0);
  }, 90_000);

  it("answers the dashboard's query for layers, and the dashboard uses no undefined variable", async () => {
    const text = await readFile(path('dashboard.json'), 'utf8');
    const { templating, panels } = JSON.parse(text) as {
      templating: {
        list: Array<{ name: string; type: string; query: string | { query: string }; definition?: string }>;
      };
      panels: unknown[];
    };
    const queries = templating.list.filter(({ type }) => type === 'query');
    expect(queries.map(({ name }) => name)).toEqual(['layer']);
    for (const { query: asked, definition } of queries) {
      const expr = typeof asked === 'string' ? asked : asked.query;
      expect(definition).toBe(expr);
      // Grafana sends its label query in this form.
      const [, metric, label] = /^label_values\((.+), *(\w+)\)$/.exec(expr)!;
      const response = await fetch(
        `${url}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': metric! })}`,
      );
      expect(await response.json()).toMatchObject({ status: 'success', data: ['base', 'pois'] });
    }
    const used = JSON.stringify(panels)
      .match(/\$\{?\w+/g)!
      .map((name) => name.replace(/\W/g, ''))
      .filter((name) => !name.startsWith('__'));
    const known = templating.list.map(({ name }) => name);
    expect([...new Set(used)].sort()).toEqual(known.sort());
  });
});
