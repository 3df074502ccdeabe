import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { layerTag } from '../../server/tiles/cache-tags';
import { createVarnishPurger } from '../../server/purge/varnish';
import { freePort } from '../server-real/programs';
import { listen } from '../server/helpers';
import { askAs, EDGE_TOKEN, startVarnish } from './chain';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Every character that a tag may contain, other than letters and digits. */
const SPECIAL = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter((c) =>
  /[^A-Za-z0-9,]/.test(c),
);
const TAGS = [...SPECIAL.map((c) => `a${c}b`), 'axb', 'ab', 'aab', '.*', 'a|axb', '(^|x)', layerTag("roads (new)!*'")];

describe('a ban at Varnish', () => {
  let origin: Awaited<ReturnType<typeof listen>>;
  let edge: Awaited<ReturnType<typeof startVarnish>>;
  let port: number;
  const asked: number[] = TAGS.map(() => 0);

  beforeAll(async () => {
    origin = await listen((request, response) => {
      const i = Number(request.url!.split('/').at(-1));
      asked[i] = (asked[i] ?? 0) + 1;
      response
        .writeHead(200, { 'cache-control': 'max-age=600', 'surrogate-key': `before ${TAGS[i]} behind` })
        .end('tile');
    });
    port = await freePort();
    edge = await startVarnish(Number(new URL(origin.url).port), port);
  });

  afterAll(async () => {
    await edge?.program.stop();
    await origin?.close();
    await edge?.remove();
  });

  it('accepts every publishable tag, and drops only tiles with exactly that tag', async () => {
    const purger = createVarnishPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN });
    const askAll = async () => {
      const before = [...asked];
      for (const i of TAGS.keys()) await askAs('tiles.example', port, `/tiles/any/${i}`);
      return TAGS.filter((_, i) => asked[i] !== before[i]);
    };
    await askAll();
    for (const tag of TAGS) {
      await purger.purge({ layer: 'any', tags: [tag] });
      expect(await askAll(), `the ban on ${tag}`).toEqual([tag]);
    }
  });

  it.each(['a b', 'a,b', 'é', ''])('refuses an invalid tag: %j', async (tag) => {
    const { status } = await askAs(
      'tiles.example',
      port,
      '/',
      { 'x-purge-token': EDGE_TOKEN, 'x-cache-tag': Buffer.from(tag).toString('latin1') },
      'PURGE',
    );
    expect(status).toBe(400);
  });
});
