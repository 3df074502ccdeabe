import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFileVersionStore } from '../../server/versions/file-version-store';
import { createMemoryVersionStore } from '../../server/versions/version-store';
import { parseState } from '../../server/versions/parse-state';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock, publishRequest, recordingPurger, reportOf, request, testOrigin, TOKEN } from './helpers';

afterEach(() => void vi.useRealTimers());

// Unexpected input: each case was once mistaken for something valid.

describe('a stored document', () => {
  const sound = {
    sequence: 3,
    revision: 2,
    layers: {
      roads: {
        version: 'v2',
        revision: 2,
        publishedAt: 1,
        steps: [{ from: 'v1', to: 'v2', at: 1, revision: 2, purged: true }],
      },
    },
  };
  const roads = sound.layers.roads;
  const with_ = (layer: object) => ({ ...sound, layers: { roads: { ...roads, ...layer } } });

  it('is read unchanged if this version wrote it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'state-'));
    try {
      const path = join(folder, 'versions.json');
      const { purger } = recordingPurger(1);
      const { origin } = testOrigin({
        store: createFileVersionStore({ path }),
        publish: { token: TOKEN, purgers: [purger] },
      });
      await origin.fetch(publishRequest({ layer: 'roads', version: 'v1', id: 'one' }));
      await origin.fetch(
        publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1], zooms: [1, 2], id: 'two' }),
      );
      await origin.fetch(publishRequest({ layer: '__proto__', version: 'v1' }));
      await origin.fetch(publishRequest({ layer: 'gone', version: 'v1' }));
      await origin.fetch(publishRequest({ layer: 'gone', retired: true }));
      await origin.close();
      const text = await readFile(path, 'utf8');
      expect(JSON.parse(JSON.stringify(parseState(text)))).toEqual(JSON.parse(text));
      const mislabelled = with_({ mislabelled: true });
      expect(JSON.parse(JSON.stringify(parseState(JSON.stringify(mislabelled))))).toEqual(mislabelled);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each<[string, string]>([
    ['is truncated', JSON.stringify(sound).slice(0, 90)],
    ['is empty', ''],
    ['belongs to another program', '{"sequence":1,"revision":1,"layers":[]}'],
    ['has no steps', JSON.stringify(with_({ steps: undefined }))],
    ['has a null step', JSON.stringify(with_({ steps: [null] }))],
    [
      'has a box that no client accepts',
      JSON.stringify(with_({ steps: [{ ...roads.steps[0], range: { bbox: [500, 0, 1, 1] } }] })),
    ],
    ['has a version that no header can carry', JSON.stringify(with_({ version: 'v\r\nx: y' }))],
    ['has a staged version that no header can carry', JSON.stringify(with_({ staged: 'v\n' }))],
    ['has an unreadable list of owed purges', JSON.stringify(with_({ owed: [{ cdn: 'x' }] }))],
    ['has a fractional revision', JSON.stringify({ ...sound, revision: 1.5 })],
    ['has a sequence beyond the safe integers', '{"sequence":1e300,"revision":1,"layers":{}}'],
  ])('that %s is reported as unreadable, and no publication overwrites it', async (_, text) => {
    const folder = await mkdtemp(join(tmpdir(), 'state-'));
    try {
      const path = join(folder, 'versions.json');
      await writeFile(path, text);
      const { origin } = testOrigin({ store: createFileVersionStore({ path }) });
      const read = await origin.fetch(request('/api/tile-version'));
      expect([read.status, (await read.json()).error.code]).toEqual([503, 'STORAGE_FAILED']);
      const publish = await origin.fetch(publishRequest({ layer: 'roads', version: 'v9' }));
      expect([publish.status, (await publish.json()).error.remedy]).toEqual([503, expect.stringContaining('Restore')]);
      expect(await readFile(path, 'utf8')).toBe(text);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a clock that is set back by a day', () => {
  it('does not delay an outstanding purge', async () => {
    const store = createMemoryVersionStore();
    const { purger, asked } = recordingPurger(1);
    const clock = fakeClock(Date.UTC(2026, 0, 2));
    const options = { store, now: clock.now, publish: { token: TOKEN, purgers: [purger] } };
    await reportOf(testOrigin(options).origin.fetch(publishRequest({ layer: 'roads', version: 'v1' })));
    expect(asked).toHaveLength(1);
    clock.advance(-86_400);
    vi.useFakeTimers();
    const { origin } = testOrigin(options);
    await origin.ready();
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(2);
    expect((await origin.status()).layers.roads!.outstanding).toEqual([]);
  });

  it('does not lower the total duration of purges', async () => {
    const clock = fakeClock(Date.UTC(2026, 0, 2));
    const purger = { name: 'slow', purge: async () => (clock.advance(-86_400), { requests: 1, retries: 0 }) };
    const { origin } = testOrigin({ now: clock.now, publish: { token: TOKEN, purgers: [purger] } });
    const { steps } = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1' })));
    expect(steps.every(({ seconds }) => seconds >= 0)).toBe(true);
    const metrics = await (await origin.fetch(request('/metrics'))).text();
    expect(metrics).toContain('tile_purge_latency_seconds_sum{edge="slow"} 0\n');
    expect(metrics).toContain('tile_purge_latency_seconds_count{edge="slow"} 1\n');
  });

  it('does not prolong a publication’s wait for an edge, and lowers no revision', async () => {
    const clock = fakeClock(Date.UTC(2026, 0, 2));
    let asked = 0;
    const { origin } = testOrigin({
      now: clock.now,
      sleep: clock.sleep,
      layers: {
        roads: { version: 'v1', edge: { template: 'https://cdn.test/{z}/{x}/{y}', samples: [{ z: 0, x: 0, y: 0 }] } },
      },
      fetch: (async () => {
        // The edge keeps the old tile for ever, and the clock goes back again and again.
        if (++asked % 50 === 0) clock.advance(-3600);
        if (asked > 3000) throw new Error('it never ends');
        return new Response('old', { headers: { 'x-cache': 'HIT', 'x-tile-version': 'v1' } });
      }) as unknown as typeof fetch,
      publish: { token: TOKEN, verify: { samples: 1, timeout: 30 } },
    });
    const before = (await (await origin.fetch(request('/api/tile-version'))).json()).layers.roads.revision;
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2' })));
    expect(report.steps.find(({ step }) => step === 'verify')!.detail).toContain('the old tile is still there');
    expect([asked < 1000, report.revision! > before]).toEqual([true, true]);
  });
});

describe('an answer of another party', () => {
  it('that redirects gets no secret header: the check does not follow', async () => {
    const inits: Array<RequestInit | undefined> = [];
    const setUp = (verify: object) =>
      testOrigin({
        layers: { roads: { version: 'v1', edge: { template: 'https://cdn.test/{z}/{x}/{y}' } } },
        fetch: (async (_: string, init?: RequestInit) => {
          inits.push(init);
          return new Response(null, { status: 302, headers: { location: 'https://elsewhere.test/' } });
        }) as unknown as typeof fetch,
        publish: { token: TOKEN, verify: { samples: 1, timeout: 1, ...verify } },
      }).origin;
    const report = await reportOf(
      setUp({ headers: { 'x-edge-secret': 's3cret' } }).fetch(publishRequest({ layer: 'roads', version: 'v2' })),
    );
    expect(new Set(inits.map((init) => init!.redirect))).toEqual(new Set(['manual']));
    expect(report.steps.find(({ step }) => step === 'verify')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('302'),
    });
    inits.length = 0;
    await setUp({}).fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(new Set(inits.map((init) => init!.redirect))).toEqual(new Set([undefined]));
  });

  it.each([undefined, null, true, {}, { requests: 'many' }])(
    'is no proof of a purge if a custom purger resolves with %j',
    async (result) => {
      const { origin } = testOrigin({
        publish: { token: TOKEN, purgers: [{ name: 'own', purge: async () => result as never }] },
      });
      const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1' })));
      expect(report.steps.find(({ step }) => step === 'purge')).toMatchObject({
        ok: false,
        detail: expect.stringContaining('own'),
      });
    },
  );
});

describe('a body that arrives slowly', () => {
  it.each(['/api/rum', '/api/publish'])('is abandoned after half a minute at %s', async (path) => {
    vi.useFakeTimers();
    const { origin } = testOrigin({ rum: {} });
    let [begun, cancelled] = [false, false];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      pull: () => void (begun = true),
      cancel: () => void (cancelled = true),
    });
    const answer = Promise.resolve(
      origin.fetch(
        new Request(`http://origin.test${path}`, {
          method: 'POST',
          body,
          duplex: 'half',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
        } as RequestInit),
      ),
    );
    // The platform compares the token asynchronously.
    await vi.waitFor(() => expect(begun).toBe(true), { timeout: 30_000 });
    await vi.advanceTimersByTimeAsync(31_000);
    const response = await answer;
    expect([response.status, (await response.json()).error.field, cancelled]).toEqual([400, 'body', true]);
  });
});

describe('names and paths', () => {
  it.each(['a\r\nx: y', 'a\u0000', '\ud800', '', 'x'.repeat(129), '*'])('the layer %j is refused', async (layer) => {
    const { origin } = testOrigin();
    expect((await origin.fetch(publishRequest({ layer, version: 'v1' }))).status).toBe(400);
  });

  it('options that are not numbers, or are out of range, are refused by name', async () => {
    const { origin } = testOrigin();
    for (const body of [
      '{"bbox":[1e999,0,1,1]}',
      '{"zooms":[0,1e300]}',
      '{"zooms":[-1,3]}',
      '{"bbox":[0,0,1]}',
      '{"version":1e21}',
      '{"id":-0}',
    ]) {
      const response = await origin.fetch(publishRequest(`{"layer":"roads",${body.slice(1)}`));
      expect([body, response.status, (await response.json()).error.field.split('[')[0]]).toEqual([
        body,
        400,
        /"(\w+)"/.exec(body)![1],
      ]);
    }
  });

  it('HEAD on the stream is refused and does not occupy a slot', async () => {
    const { origin } = testOrigin();
    const response = await origin.fetch(request('/api/tile-version/stream', { method: 'HEAD' }));
    expect([response.status, response.headers.get('allow'), origin.streamStats().clients]).toEqual([405, 'GET', 0]);
  });

  it.each(['/tiles/..%2fmetrics', '/tiles/%2e%2e%5cmetrics', '/tiles/..%00/1/0/0', '/tiles/x%2f..%2f..%2fetc'])(
    '%s reaches no tile handler',
    async (path) => {
      const { origin } = testOrigin();
      const handler = vi.fn(() => new Response('tile'));
      expect([(await origin.tileHeaders(handler)(request(path))).status, handler.mock.calls.length]).toEqual([400, 0]);
    },
  );
});
