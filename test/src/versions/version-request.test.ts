import { describe, expect, it } from 'vitest';
import type { Env } from '../../../src/page/env';
import { createVersionRequest, SIZE_LIMIT } from '../../../src/versions/version-request';
import { createFakeClock } from '../fake-clock';

type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>;

function setUp(respond: Fetch, url = 'https://maps.example/api/tile-version') {
  const clock = createFakeClock(1_000_000);
  const inits: RequestInit[] = [];
  const closing = new AbortController();
  const fetch = async (to: string, init: RequestInit) => {
    inits.push(init);
    return respond(to, init);
  };
  const env = { ...clock, fetch, href: 'https://maps.example/' } as unknown as Env;
  const request = createVersionRequest(env, url, closing.signal);
  return { clock, inits, closing, request };
}

const manifest = { version: 'a1' };

describe('request of the version endpoint', () => {
  it('reads a manifest past the browser’s cache', async () => {
    const { request, inits } = setUp(() => Response.json(manifest));
    await expect(request()).resolves.toEqual({
      manifest: { all: { version: 'a1' }, layers: {} },
      confirmedAt: 1_000_000,
    });
    expect(inits[0]).toMatchObject({ cache: 'no-cache' });
  });

  it.each([
    ['30', 970_000],
    ['0', 1_000_000],
    ['30, 20', 970_000],
    ['-5', 1_000_000],
    ['soon', 1_000_000],
    ['1.5', 1_000_000],
  ])('counts the confirmation from the start of the request minus Age %s', async (age, confirmedAt) => {
    const { request, clock } = setUp(async () => {
      clock.jump(4000);
      return Response.json(manifest, { headers: { Age: age } });
    });
    expect((await request()).confirmedAt).toBe(confirmedAt);
  });

  it('sends the last ETag and treats a 304 as the known manifest', async () => {
    const { request, inits, clock } = setUp((_, { headers }) =>
      (headers as Record<string, string> | undefined)?.['If-None-Match'] === '"e1"'
        ? new Response(null, { status: 304 })
        : Response.json(manifest, { headers: { ETag: '"e1"' } }),
    );
    await request();
    clock.jump(60_000);
    await expect(request()).resolves.toMatchObject({ manifest: { all: { version: 'a1' } }, confirmedAt: 1_060_000 });
    expect(inits[1]).toMatchObject({ headers: { 'If-None-Match': '"e1"' }, cache: 'no-store' });
  });

  it('sets no header across origins, to avoid a preflight', async () => {
    const { request, inits } = setUp(
      () => Response.json(manifest, { headers: { ETag: '"e1"' } }),
      'https://cdn.example/v.json',
    );
    await request();
    await request();
    expect(inits[1]).not.toHaveProperty('headers');
    expect(inits[1]).toMatchObject({ cache: 'no-cache' });
  });

  it('sets no header if the last answer was redirected, to avoid a preflight', async () => {
    const { request, inits } = setUp(() =>
      Object.defineProperty(Response.json(manifest, { headers: { ETag: '"e1"' } }), 'redirected', { value: true }),
    );
    await request();
    await request();
    expect(inits[1]).not.toHaveProperty('headers');
  });

  it('repeats the request without a header if one made it fail, as behind a new redirect', async () => {
    let redirects = false;
    const { request, inits } = setUp((_, { headers }) => {
      if (redirects && headers) throw new TypeError('Failed to fetch');
      return Response.json(manifest, { headers: { ETag: '"e1"' } });
    });
    await request();
    redirects = true;
    await expect(request()).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
    await expect(request()).resolves.toMatchObject({ manifest: { all: { version: 'a1' } } });
    expect(inits[2]).toMatchObject({ cache: 'no-cache' });
  });

  it('does not accept an unsolicited 304', async () => {
    const { request } = setUp(() => new Response(null, { status: 304 }));
    await expect(request()).rejects.toMatchObject({ code: 'NETWORK_FAILED' });
  });

  it.each<[string, string, Fetch]>([
    ['an error status', 'NETWORK_FAILED', () => Response.json(manifest, { status: 503 })],
    ['a dead network', 'NETWORK_FAILED', () => Promise.reject(new TypeError('failed'))],
    [
      "a captive portal's page",
      'INVALID_MANIFEST',
      () => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }),
    ],
    ['an empty body', 'INVALID_MANIFEST', () => new Response('')],
    ['a huge body', 'LIMIT_EXCEEDED', () => new Response(' '.repeat(SIZE_LIMIT + 1))],
  ])('rejects %s with %s', async (_, code, respond) => {
    await expect(setUp(respond).request()).rejects.toMatchObject({ name: 'TileCacheError', code });
  });

  it.each([[[]], [{ version: 3 }]])('reports that the versions of %j cannot be read', async (whole) => {
    const answer = await setUp(() => Response.json(whole)).request();
    expect(answer).toMatchObject({ error: { name: 'TileCacheError', code: 'INVALID_MANIFEST' } });
    expect(answer.manifest).toBeUndefined();
  });

  it('returns the orders of a manifest with broken versions, and the versions of one with broken orders', async () => {
    const client = { worker: 'off' };
    const code = 'INVALID_MANIFEST';
    const answer = (manifest: object) => setUp(() => Response.json(manifest)).request();
    const broken = await answer({ layers: { roads: { version: 3 } }, client });
    expect(broken).toMatchObject({ orders: client, error: { code, field: 'layers.roads.version' } });
    expect(broken.manifest).toBeUndefined();
    for (const bad of [{ worker: 'of' }, { worker: 'off', reload: 'a b' }, { message: '' }, 'off', []]) {
      const mistyped = await answer({ version: '1', client: bad });
      expect(mistyped).toMatchObject({ manifest: { all: { version: '1' } }, error: { code } });
      expect(mistyped.orders).toBeUndefined();
    }
    const sound = await answer({ version: '1', client });
    expect(sound).toMatchObject({ manifest: { all: { version: '1' } }, orders: client });
    expect(sound.error).toBeUndefined();
  });

  it('reports invalid orders again if the manifest has not changed since', async () => {
    const response = () => Response.json({ version: '1', client: 'off' }, { headers: { ETag: '"1"' } });
    let unchanged = false;
    const { request } = setUp(() => (unchanged ? new Response(null, { status: 304 }) : response()));
    const first = await request();
    unchanged = true;
    expect(await request()).toEqual(first);
    expect(first.error).toMatchObject({ field: 'client' });
  });

  it('stops reading a body that does not end, and cancels it', async () => {
    let cancelled = false;
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
      cancel: () => void (cancelled = true),
    });
    await expect(setUp(() => new Response(body)).request()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(2 * SIZE_LIMIT);
  });

  it.each<[string, Fetch]>([
    ['headers', () => new Promise(() => {})],
    ['a body', () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))],
  ])('gives up after 10 s without %s and aborts the request', async (_, respond) => {
    const { request, clock, inits } = setUp(respond);
    const result = request().catch((error: { code: string }) => error.code);
    await clock.advance(9_999);
    expect(inits[0]?.signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await result).toBe('TIMEOUT');
    expect(inits[0]?.signal?.aborted).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('ends with the client', async () => {
    const { request, closing, inits, clock } = setUp(() => new Promise(() => {}));
    const result = request().catch((error: { code: string }) => error.code);
    await clock.advance(1);
    closing.abort();
    await result;
    expect(inits[0]?.signal?.aborted).toBe(true);
  });
});
