// The rules of HTTP caching, tested through a real worker: given the origin's headers, checks the requests that the origin
// sees, and the status, Age and Cache-Status that the page gets. Each case runs on the worker's own origin and, if a worker
// sees the same there, on another one.
import { register, setClock } from './fixtures/page';
import { test } from './fixtures/shared-page';
import { age } from './http/age.cases';
import { bodies, marking } from './http/bodies.cases';
import { play, tableWorker, type Case } from './http/exchange-table';
import { parsing } from './http/parsing.cases';
import { requesting } from './http/requesting.cases';
import { stale } from './http/stale.cases';
import { storing } from './http/storing.cases';
import { validating } from './http/validating.cases';
import { varying } from './http/varying.cases';

// Cases share only a page: each has an origin of its own.
test.describe.configure({ mode: 'parallel' });

const tables: Record<string, Case[]> = {
  parsing,
  storing,
  age,
  validating,
  requesting,
  varying,
  stale,
  bodies,
  marking,
};

for (const [name, cases] of Object.entries(tables)) {
  test.describe(name, () => {
    for (const entry of cases) {
      test(`${entry.rule}: ${entry.says}`, async ({ server, page }) => {
        server.cors.expose = ['*'];
        await page.goto(`${server.url}/`);
        await register(page, `${await server.worker(tableWorker)}?cross=${encodeURIComponent(server.crossUrl)}`);
        await setClock(page, server);
        await test.step('its own origin', () => play(page, server, entry, false));
        if (entry.cross === false) return;
        server.reset();
        await test.step('another origin', () => play(page, server, entry, true));
      });
    }
  });
}
