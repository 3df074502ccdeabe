import { describe, expect, it } from 'vitest';
import { awaitReady } from '../../../server/publish/ready';
import type { Sight } from '../../../server/publish/sight';
import { proveTags } from '../../../server/publish/tags-proven';
import type { TileOriginOptions } from '../../../server/tile-origin';
import { fakeClock, publishRequest, recordingPurger, reportOf, testOrigin, TOKEN } from '../helpers';

const template = 'https://cdn.test/tiles/roads/{z}/{x}/{y}.pbf';

/** An origin behind an edge that keeps each tile until its purge. */
function chain(options: {
  tile: (path: string, asked: number) => Response;
  keeps?: boolean;
  purges?: boolean;
  edgeTags?: string;
  verify?: object;
  edge?: object;
  ready?: object;
}) {
  const { keeps = true, purges = true } = options;
  const stored = new Map<string, Response>();
  const { purger, asked } = recordingPurger();
  const counts = new Map<string, number>();
  let manifestAtVerify: string | undefined;
  const { origin, clock } = testOrigin({
    layers: { roads: { version: 'v1', edge: { template, zooms: [0, 4], ...options.edge } } },
    fetch: (async (url: string) => {
      if (asked.length > 0) manifestAtVerify ??= await origin.version('roads');
      const held = stored.get(url);
      if (held) return mark(held.clone(), 'HIT', options.edgeTags);
      const answer = await tiles(new Request(url));
      if (keeps) stored.set(url, answer.clone());
      return mark(answer, 'MISS', options.edgeTags);
    }) as unknown as typeof fetch,
    publish: {
      token: TOKEN,
      verify: { samples: 2, timeout: 2, ...options.verify },
      ready: { timeout: 5, ...options.ready },
      purgers: [
        {
          ...purger,
          async purge(request) {
            if (purges) stored.clear();
            return purger.purge(request);
          },
        },
      ],
    },
  } as TileOriginOptions);
  const tiles = origin.tileHeaders(async (request) => {
    const { pathname } = new URL(request.url);
    counts.set(pathname, (counts.get(pathname) ?? 0) + 1);
    return options.tile(pathname, clock.at);
  });
  return { origin, asked, told: () => manifestAtVerify };
}

function mark(response: Response, cache: string, tags = ''): Response {
  const headers = new Headers(response.headers);
  headers.set('x-cache', cache);
  headers.delete('surrogate-key');
  if (tags) headers.set('cache-tag', tags);
  else headers.delete('cache-tag');
  return new Response(response.body, { status: response.status, headers });
}

const pbf = (body = 'tile') => new Response(body, { headers: { 'content-type': 'application/x-protobuf' } });
const none = () => new Response(null, { status: 404 });
const publish = (origin: ReturnType<typeof chain>['origin'], more = {}) =>
  reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...more })));
const step = (report: Awaited<ReturnType<typeof publish>>, name: string) =>
  report.steps.find((each) => each.step === name);

describe('a publication that says ok', () => {
  it('announces once the edge is right, and names the steps', async () => {
    const { origin, told } = chain({ tile: () => pbf() });
    const report = await publish(origin);
    expect([report.ok, report.steps.map((each) => each.step)]).toEqual([
      true,
      ['plan', 'look', 'stage', 'ready', 'tags', 'purge', 'verify', 'announce'],
    ]);
    expect(step(report, 'tags')!.detail).toBe('layer:roads is at the origin, the edge shows no tags');
    expect(told()).toBe('v1');
  });

  it('fails if an ineffective purge left the samples cached', async () => {
    const { origin } = chain({ tile: () => pbf(), purges: false });
    expect(step(await publish(origin), 'verify')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('old tile'),
    });
  });

  it.each([
    [undefined, false],
    [true, true],
  ])('is unproven when every sample is a 404 (allowUnproven %s)', async (allowUnproven, ok) => {
    const { origin } = chain({ tile: none, verify: allowUnproven ? { allowUnproven } : {} });
    expect(step(await publish(origin), 'verify')).toMatchObject({
      ok,
      detail: expect.stringMatching(/^unproven: .*404/),
    });
  });

  it('is unproven if the edge stores nothing', async () => {
    const { origin } = chain({ tile: () => pbf(), keeps: false });
    expect(step(await publish(origin), 'verify')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^unproven/),
    });
  });

  it.each([
    ['tiles that were served', {}, true],
    ['bounds', { bounds: [140, -38, 150, -30] }, false],
    ['samples', { samples: [{ z: 4, x: 14, y: 9 }] }, false],
  ])('finds samples of a regional layer from %s', async (_, edge, serve) => {
    const { origin } = chain({ tile: (path) => (/\/4\/14\/9/.test(path) ? pbf() : none()), edge });
    if (serve) await origin.tileHeaders(() => pbf())(new Request('http://origin.test/tiles/roads/4/14/9.pbf'));
    const report = await publish(origin);
    expect(report.ok, JSON.stringify(report.steps)).toBe(true);
  });
});

describe('before the purge', () => {
  it('waits for the rebuild, and gives up without a purge or announcement', async () => {
    let broken = false;
    const { origin, asked } = chain({ tile: () => (broken ? none() : pbf()) });
    const good = await publish(origin);
    expect(good.ok).toBe(true);
    broken = true;
    const before = asked.length;
    // The edge still has the earlier tiles; the origin lost them.
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v3' })));
    expect(step(report, 'ready')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('existed before, now 404'),
    });
    expect([asked.length, await origin.version('roads'), report.applied]).toEqual([before, 'v2', false]);
    const shrunk = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v3', allowGone: true })));
    expect([step(shrunk, 'ready')!.ok, asked.length]).toEqual([true, before + 1]);
  });

  it('purges the whole layer with the next publication if a publication was not ready, since tiles may have its label', async () => {
    let broken = false;
    const { origin, asked } = chain({ tile: () => (broken ? none() : pbf()) });
    const part = async () => {
      const report = await publish(origin, { version: undefined, bbox: [0, 0, 1, 1], zooms: [0, 1] });
      return [step(report, 'ready')!.ok, step(report, 'plan')!.detail, asked.at(-1)?.urls !== undefined];
    };
    await part();
    broken = true;
    expect(await part()).toEqual([false, expect.stringContaining('URLs'), true]);
    broken = false;
    expect(await part()).toEqual([
      true,
      'a part of the layer, by tag (tiles may bear the label of a version that was not ready)',
      false,
    ]);
    expect(asked.at(-1)!.tags).toEqual(['layer:roads']);
    expect(await part()).toEqual([true, expect.stringContaining('URLs'), true]);
  });

  it('quotes edges without control characters', async () => {
    // The only control characters that Node accepts in a header.
    const { origin } = chain({ tile: () => pbf(), edgeTags: 'x\u009b2Jy' });
    const { detail } = step(await publish(origin), 'tags')!;
    expect(detail).toContain('found: x 2Jy');
  });

  const seen = (sight: Partial<Sight>): Sight => ({
    ...{ status: 200, label: undefined, etag: undefined, type: 'application/x-protobuf', digest: 'd', bytes: 1 },
    ...{ cache: undefined, age: NaN, tags: [] },
    ...sight,
  });

  it('waits for an origin that still labels its tiles with the previous version, or answers with a page', async () => {
    const readyWith = async (sight: Partial<Sight>) => {
      const clock = fakeClock();
      const ask = async () => seen(sight);
      const samples = [{ tile: { z: 0, x: 0, y: 0 }, before: undefined }];
      const task = { samples, version: 'v2', allowGone: false, nameOf: () => 'a tile', ask };
      return awaitReady(task, { timeout: 3 }, clock);
    };
    expect(await readyWith({ label: 'v2' })).toMatchObject({ ok: true });
    expect(await readyWith({ label: 'v1' })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('still version v1'),
    });
    expect(await readyWith({ type: 'text/html' })).toMatchObject({ ok: false });
  });

  it.each<[string, string[][], string[][], boolean | undefined]>([
    ['at origin and edge', [['layer:roads']], [['layer:roads']], true],
    ['at the origin, hidden by the edge', [['layer:roads']], [[]], true],
    ['nowhere at the origin', [[]], [['layer:roads']], false],
    ['another tag at the origin', [['layer:rivers']], [[]], false],
    ['another tag at the edge', [['layer:roads']], [['layer:rivers']], false],
    ['at the edge, without a request to the origin', [], [['layer:roads']], true],
    ['without any sight', [], [], undefined],
  ])('proves tags: %s', (_name, origin, edge, ok) => {
    const sights = (tags: string[][]) => tags.map((each) => seen({ tags: each }));
    expect(proveTags(['layer:roads'], sights(origin), sights(edge))?.ok).toBe(ok);
  });

  it('reports tags that vanish on the way', async () => {
    const { origin } = chain({ tile: () => pbf(), edgeTags: 'other' });
    expect(step(await publish(origin), 'tags')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('which is lost between origin and edge (found: other)'),
    });
  });
});
