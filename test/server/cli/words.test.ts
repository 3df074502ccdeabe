import { describe, expect, it } from 'vitest';
import { runCli } from '../../../server/cli/run';
import { testOrigin, TOKEN } from '../helpers';

const PUBLISH = ['publish', '--url', 'https://o.test/api/publish', '--layer', 'roads'];
const HTML = { headers: { 'content-type': 'text/html; charset=utf-8' } };
const NDJSON = { headers: { 'content-type': 'application/x-ndjson' } };

/** Runs the command against one answer; resolves with the exit code and what was said. */
async function run(
  args: string[],
  answer: (request: Request) => Promise<Response> | Response = () => new Response(''),
) {
  const said = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    readFile: async () => '',
    readStdin: async () => '{"id":"job-1"}',
    packageVersion: async () => '1.2.3',
    env: { TILE_PUBLISH_TOKEN: TOKEN },
    fetch: (async (url: URL, init: RequestInit) => answer(new Request(url, init))) as typeof fetch,
  });
  return { code, ...said };
}

describe('the command’s output', () => {
  it('contains no terminal control sequence from anybody, and keeps its lines', async () => {
    const evil = '\u001b[2J\u009b31m\u202egood\r\u0007\u2028';
    const step = { step: 'purge', ok: true, seconds: 0, startedAt: 0, detail: evil, cdn: evil };
    for (const args of [PUBLISH, [...PUBLISH, '--json']]) {
      const lines = [
        step,
        { report: { ok: false, layer: evil, version: evil, applied: true, steps: [step], error: evil } },
      ];
      const { out, err } = await run(
        args,
        () => new Response(lines.map((line) => JSON.stringify(line)).join('\n'), NDJSON),
      );
      expect(out + err).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
      expect(out).toContain('good');
      expect(out).toMatch(/\n$/);
    }
  });

  it('explains that the address is no publish endpoint', async () => {
    const { code, err } = await run(PUBLISH, () => new Response('<!doctype html>', HTML));
    expect(code).toBe(4);
    expect(err).toMatch(
      /^--url is not a publish endpoint: it answered with text\/html\. Check --url: .*\/api\/publish by default/,
    );
  });

  it('explains that the address answers with other JSON', async () => {
    const { code, err } = await run(PUBLISH, () => Response.json({ hello: 'world' }));
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(/^--url is not a publish endpoint: it answered with other JSON\. Check --url: /),
    ]);
  });

  it.each([404, 405])('explains a %i, with or without a reason in the answer', async (status) => {
    for (const body of ['', '{"error":{"message":"Nothing answers here.","remedy":"Check the path."}}', 'null']) {
      const { code, err } = await run(PUBLISH, () => new Response(body, { status }));
      expect(code).toBe(3);
      expect(err).toMatch(
        new RegExp(
          `^The origin refused \\(${status}\\)\\. No publish endpoint answers at this address\\. Check --url: .*/api/publish`,
        ),
      );
    }
  });

  it.each([
    [401, /token/],
    [413, /Check --url/],
    [502, /publish again/],
  ])('gives a remedy for a %i without a reason', async (status, remedy) => {
    expect((await run(PUBLISH, () => new Response('<html>', { status, ...HTML }))).err).toMatch(remedy);
  });

  it('says where a redirect leads, and that it does not send the token there', async () => {
    const headers = { location: 'https://www.tiles.test/api/publish?session=SECRET' };
    const { code, err } = await run(PUBLISH, () => new Response(null, { status: 301, headers }));
    expect(code).toBe(3);
    expect(err).toBe(
      'The origin redirects (301), and the token must not follow. Give the address that it leads to as --url, if that is your origin: https://www.tiles.test/api/publish.\n',
    );
  });

  it.each([
    '{"report":{"ok":true}}',
    '{"report":"published"}',
    '{"ok":true,"steps":[]}',
    '{"report":{"ok":true,"layer":"a","steps":[null]}}',
  ])('of a report that is none, which is no success: %s', async (body) => {
    expect(await run(PUBLISH, () => new Response(body, NDJSON))).toMatchObject({ code: 4, out: '' });
  });

  it('of a broken answer: --id only where there is one', async () => {
    const broken = () => new Response('{"step":"pl', NDJSON);
    expect((await run(PUBLISH, broken)).err).toBe('the answer broke off. Publish again.\n');
    expect((await run([...PUBLISH, '--id', 'job-1'], broken)).err).toBe(
      'the answer broke off. Publish again with the same id.\n',
    );
    expect((await run([...PUBLISH, '--manifest', '-'], () => new Response('', NDJSON))).err).toContain(
      'with the same id',
    );
  });

  it('names a refused field in a sentence', async () => {
    const { code, err } = await run([...PUBLISH, '--bbox', '0,50,1,40'], (request) =>
      testOrigin().origin.fetch(request),
    );
    expect([code, err]).toEqual([3, 'The origin refused (400). bbox[1] must be -90 to north. Correct bbox[1].\n']);
  });

  it('prints its usage as an error if no command is given', async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage:');
  });

  it('prints its version if no command comes first', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
    expect((await run(['--version', 'v1', ...PUBLISH])).err).toContain('command: must come first, before --version.');
  });

  it.each([[[...PUBLISH, '--version']], [[...PUBLISH, '--version', '--json']]])(
    'reports an option without its value: %j',
    async (args) => {
      expect(await run(args)).toEqual({
        code: 2,
        out: '',
        err: '--version: needs a value. See sw-tile-cache --help.\n',
      });
    },
  );

  it('reports a needless value, and an unknown option, in one line', async () => {
    for (const option of ['--json=1', '--tokn'])
      expect((await run([...PUBLISH, option])).err).toMatch(/^arguments: .*\. See sw-tile-cache --help\.\n$/);
  });

  it.each([
    [['publsh'], 'command: publsh is unknown (did you mean publish?)'],
    [['deploy'], 'command: deploy is unknown'],
    [[...PUBLISH, '--expires=x'], "arguments: Unknown option '--expires' (did you mean --expire?)"],
    [['audit', 'http://x', '--heder', 'a:b'], "arguments: Unknown option '--heder' (did you mean --header?)"],
  ])('of a mistyped word, with the one that was meant: %j', async (args, words) => {
    expect((await run(args)).err).toMatch(new RegExp(`^${words.replace(/[()?]/g, '\\$&')}\\. See sw-tile-cache `));
  });
});
