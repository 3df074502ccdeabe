import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';
import { type GzipNginx, startGzipNginx } from '../../server-real/gzip-nginx';

// nginx sends W/"x" with a 200 and "x" with a 304. A validation must not cost a 304 followed by the whole tile.

const COUNT = 1000;
const paths = Array.from({ length: COUNT }, (_, x) => `/tiles/roads/10/${x}/0.geojson`);
let nginx: GzipNginx;

beforeAll(async () => {
  const body = (path: string) =>
    JSON.stringify({ type: 'FeatureCollection', name: path, features: [], pad: path.repeat(20) });
  nginx = await startGzipNginx(Object.fromEntries(paths.map((path) => [path, body(path)])));
});
afterAll(() => nginx.close());

it('a thousand validations transfer no body if nginx has gzip on', async () => {
  const world = createWorld();
  const worker = world.start(
    { layers: { roads: {} } },
    { origin: nginx.url, scope: `${nginx.url}/`, fetch: (request) => fetch(request) },
  );
  const getAll = async () => {
    const answers: Response[] = [];
    for (let at = 0; at < COUNT; at += 50)
      answers.push(...(await Promise.all(paths.slice(at, at + 50).map((path) => world.get(worker, nginx.url + path)))));
    return answers;
  };
  const first = await getAll();
  expect(first.every(({ headers }) => headers.get('etag')?.startsWith('W/"'))).toBe(true);
  // Validate twice: the second time with the ETag of the 304.
  for (let round = 1; round <= 2; round += 1) {
    world.clock.now = Date.now() + round * 3_600_000;
    const answers = await getAll();
    expect(answers.filter(({ headers }) => headers.get('cache-status')?.includes('fwd-status=304'))).toHaveLength(
      COUNT,
    );
    expect(await answers[7]!.json()).toMatchObject({ name: paths[7] });
  }
  const statuses = await nginx.statuses('/tiles/');
  expect(statuses.filter((status) => status === 200)).toHaveLength(COUNT);
  expect(statuses.filter((status) => status === 304)).toHaveLength(2 * COUNT);
});
