import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../server/cli/run';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'detect-'));
});
afterAll(() => rm(folder, { recursive: true }));

const SECRET = 'Sup3rS3cret';
const ARGS = ['--table', 'roads', '--layer', 'roads', '--url', 'https://o.test/api/publish'];

async function detect(args: string[], env: Record<string, string>) {
  let said = '';
  const note = (text: string) => void (said += text);
  const code = await runCli(['detect', ...ARGS, '--state', join(folder, 'roads.json'), ...args], {
    ...{ out: note, err: note, env, fetch: () => Promise.reject(new Error(SECRET)) },
    ...{ readFile: () => Promise.reject(new Error(SECRET)), readStdin: async () => '', packageVersion: async () => '' },
  });
  return { code, said };
}

it.each([
  // No server listens on this port.
  [4, [], { DATABASE_URL: `postgres://${SECRET}:${SECRET}@127.0.0.1:1/${SECRET}` }],
  [4, ['--pg', `postgres://u@127.0.0.1:1/x`], { PGPASSWORD: SECRET }],
  [2, [], { DATABASE_URL: `postgres://u:${SECRET}/with/a/slash@host:port/x` }],
  [2, [], { DATABASE_URL: SECRET }],
  [2, ['--pg', `postgres://u:${SECRET}@127.0.0.1:1/x`], {}],
  [2, [`postgres://u:${SECRET}@127.0.0.1:1/x`], {}],
  [2, ['--token-file', SECRET], { PGHOST: 'x' }],
  [2, [], { PGHOST: 'x', TILE_PUBLISH_TOKEN: `${SECRET} two words` }],
] as const)('exits with %i and prints no secret: %#', async (code, args, env) => {
  const done = await detect([...args], { TILE_PUBLISH_TOKEN: `${SECRET}-token`, ...env });
  expect(done.code).toBe(code);
  expect(done.said).not.toContain(SECRET);
  expect(done.said.length).toBeGreaterThan(20);
});

it('names a missing or senseless option, and prints its help', async () => {
  expect((await detect([], { TILE_PUBLISH_TOKEN: SECRET })).said).toContain('--pg: is missing');
  expect((await detect(['--interval', '5'], {})).said).toContain('--interval: goes with --watch');
  expect((await detect(['--overlap', '5'], {})).said).toContain('--overlap: goes with --newer');
  expect((await detect(['--zooms', '9,3'], {})).said).toContain('--zooms');
  expect((await detect(['--table', 'rivers'], {})).said).toContain('--table: is given more than once');
  expect(await detect(['--help'], {})).toMatchObject({ code: 0, said: expect.stringContaining('npm install pg') });
});
