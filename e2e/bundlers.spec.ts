// Bundles the published package with each bundler: the worker runs, and logs no secrets.
import { readFileSync } from 'node:fs';
import build from '../test/package/build';
import { expect, test, tile } from './fixtures/test';
import { bundlerNames, createProject, type Project } from './server/bundlers';

const worker = /```ts\n([^]*?)```/.exec(readFileSync('README.md', 'utf8'))![1]!;

let project: Project;
test.beforeAll(async () => {
  test.setTimeout(300_000);
  build();
  project = await createProject();
});
test.afterAll(() => project.remove());

test("the README's worker runs in the output of each bundler, without any setting", async ({ server, page }) => {
  test.setTimeout(300_000);
  for (const [index, name] of bundlerNames.entries()) {
    await test.step(name, async () => {
      const script = await project.bundle(name, worker);
      expect(script, name).not.toContain('process.env');
      server.serve(`/${index}/`, '<!doctype html><title>map</title>');
      server.serve(`/${index}/sw.js`, script, 'text/javascript');
      await page.goto(`${server.url}/${index}/`);
      await page.evaluate(async () => {
        await navigator.serviceWorker.register('sw.js');
        await navigator.serviceWorker.ready;
      });
      await page.reload();
      const url = `/tiles/flood_zones/1/0/${index}.png?cc=max-age%3D60`;
      expect((await tile(page, url)).headers['cache-status'], name).toContain('sw-tile-cache; fwd=');
      await expect
        .poll(async () => (await tile(page, url)).headers['cache-status'], { message: name })
        .toContain('sw-tile-cache; hit');
    });
  }
});

test.describe('the development build', () => {
  const source = (options: string) => `
    import { createTileCache } from 'sw-tile-cache/sw';
    createTileCache(${options}).register({ skipWaiting: true, claim: true });`;

  test('logs the decisions about a tile in one group, and no secrets of its URL', async ({ server, page, context }) => {
    const said: Array<{ type: string; text: string }> = [];
    const listen = (each: { on: typeof page.on }) =>
      each.on('console', (message) => said.push({ type: message.type(), text: message.text() }));
    listen(page);
    context.on('serviceworker', (each) => listen(each as never));
    server.serve('/sw.js', await project.bundle('esbuild development', source('{ debug: true }')), 'text/javascript');
    await page.goto(`${server.url}/`);
    await page.evaluate(async () => {
      const controlled = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve),
      );
      await navigator.serviceWorker.register('/sw.js');
      await controlled;
    });
    const secrets = ['s3cr3t-of-a-user', 'pk.eyJ1IjoibWUiLCJhIjoiY2wifQ.abcdefgh', 'unheard-of-9f8e7d6c5b4a3f2e1d0c'];
    const query = `cc=max-age%3D60&access_token=${secrets[0]}&key=${secrets[1]}&strange=${secrets[2]}`;
    await tile(page, `/tiles/roads/1/0/0.png?${query}`);
    const logged = (what: string) => expect.poll(() => said.some(({ text }) => text.includes(what))).toBe(true);
    await logged('because nothing');
    await tile(page, `/tiles/roads/1/0/0.png?${query}`);
    await logged('Answered from the store');
    const count = (wanted: string) => said.filter(({ type }) => type === wanted).length;
    await expect.poll(() => count('endGroup')).toBe(count('startGroupCollapsed'));
    const titles = said.filter(({ text }) => text.startsWith('sw-tile-cache roads 1/0/0'));
    expect(new Set(titles.map(({ type }) => type))).toEqual(new Set(['startGroupCollapsed']));
    const all = said.map(({ text }) => text).join('\n');
    for (const secret of secrets) expect(all).not.toContain(secret);
  });

  test('explains why it refuses an option and how to fix it; the production build gives only the code and the field', async ({
    server,
    page,
    context,
  }) => {
    const said: string[] = [];
    context.on('serviceworker', (each) => each.on('console', (message) => said.push(message.text())));
    await page.goto(`${server.url}/`);
    const refused = `{ layers: { roads: { maxage: 5 } } }`;
    for (const [name, file] of [
      ['esbuild development', '/dev.js'],
      ['esbuild', '/prod.js'],
    ] as const) {
      const code = `try { ${'createTileCache'}(${refused}) } catch (error) { console.log(JSON.stringify(error)); }`;
      const script = await project.bundle(name, `import { createTileCache } from 'sw-tile-cache/sw'; ${code}`);
      server.serve(file, script, 'text/javascript');
      await page.evaluate((url) => navigator.serviceWorker.register(url, { scope: url }), file);
    }
    await expect.poll(() => said.length).toBe(3);
    expect(said[0]).toMatch(/INVALID_OPTION: layers\.roads\.maxage is unknown\n.*maxAge/);
    expect(JSON.parse(said[1]!)).toMatchObject({ code: 'INVALID_OPTION', remedy: expect.stringContaining('maxAge') });
    expect(JSON.parse(said[2]!)).toMatchObject({
      code: 'INVALID_OPTION',
      field: 'layers.roads.maxage',
      message: 'INVALID_OPTION: layers.roads.maxage',
      remedy: expect.stringContaining('docs/errors.md'),
    });
  });
});
