import { describe, expect, it } from 'vitest';
import { request, publishRequest, testOrigin, TOKEN } from '../helpers';

const PAGE = 'https://maps.example';
const from = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  request(path, { ...init, headers: { origin: PAGE, ...headers } });

function site(origins: '*' | string[]) {
  const { origin } = testOrigin({ cors: { origins }, layers: { roads: { version: 'v1' } } });
  const tiles = origin.tileHeaders(() => new Response('tile', { headers: { vary: 'Accept' } }));
  return { origin, ask: async (asked: Request) => (await origin.route(asked)) ?? tiles(asked) };
}

describe('cors, one option', () => {
  it.each(['/tiles/roads/0/0/0.pbf', '/api/tile-version', '/api/tile-version/stream'])(
    'lets a listed page read %s, with its headers and timings',
    async (path) => {
      const { ask } = site([PAGE]);
      const answer = await ask(from(path));
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(answer.headers.get('timing-allow-origin')).toBe(PAGE);
      for (const name of ['X-Tile-Version', 'Age', 'ETag', 'Cache-Status', 'Date'])
        expect(answer.headers.get('access-control-expose-headers')).toContain(name);
      expect(answer.headers.get('vary')).toMatch(/(^|, )Origin$/);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      await answer.body?.cancel();
    },
  );

  it('sends Vary: Origin even to a request without an Origin, or from a foreign one', async () => {
    const { ask } = site([PAGE]);
    for (const headers of [{}, { origin: 'https://other.example' }, { origin: 'null' }] as Array<
      Record<string, string>
    >) {
      const answer = await ask(request('/tiles/roads/0/0/0.pbf', { headers }));
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Accept, Origin');
    }
  });

  it("'*' is the same for every page, so that one stored answer serves all", async () => {
    const { ask } = site('*');
    const answer = await ask(request('/tiles/roads/0/0/0.pbf'));
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('vary')).toBe('Accept');
  });

  it('answers preflights of tiles, versions and publishing, without a token', async () => {
    const { ask } = site([PAGE]);
    for (const [path, method] of [
      ['/tiles/roads/0/0/0.pbf', 'GET'],
      ['/api/tile-version', 'GET'],
      ['/api/publish', 'POST'],
    ] as const) {
      const headers = { 'access-control-request-method': method, 'access-control-request-headers': 'if-none-match' };
      const answer = await ask(from(path, headers, { method: 'OPTIONS' }));
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
      expect(answer.headers.get('access-control-allow-methods')).toContain(method);
      expect(answer.headers.get('access-control-allow-headers')).toMatch(/Authorization.*If-None-Match/);
    }
  });

  it('lets a page read why its publication was refused', async () => {
    const { ask } = site([PAGE]);
    const refused = await ask(publishRequest({}, { origin: PAGE, authorization: 'Bearer wrong' }));
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, PAGE]);
  });

  it('changes nothing when absent, and refuses an invalid origin', async () => {
    const { origin } = testOrigin();
    const answer = await origin.fetch(from('/api/tile-version'));
    expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('vary')]).toEqual([null, null]);
    for (const origins of ['https://maps.example', ['https://maps.example/'], ['*'], []])
      expect(() => testOrigin({ cors: { origins: origins as string[] } })).toThrow(/cors.origins/);
  });

  it('also admits beacons, unless rum.origins is set; a missing origin is reported', async () => {
    const beacon = (rum: object, cors?: string[]) =>
      testOrigin({ rum, ...(cors && { cors: { origins: cors } }), publish: { token: TOKEN } }).origin.fetch(
        from('/api/rum', { 'content-type': 'text/plain' }, { method: 'POST', body: '{}' }),
      );
    expect((await beacon({}, [PAGE])).status).toBe(400);
    expect((await beacon({ origins: [] }, [PAGE])).status).toBe(403);
    const refused = await beacon({});
    expect([refused.status, ((await refused.json()) as { error: { remedy: string } }).error.remedy]).toEqual([
      403,
      expect.stringContaining('rum.origins is missing'),
    ]);
  });
});
