import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../server/cli/run';
import type { PublishReport } from '../../server/publish/publish';
import type { Purger } from '../../server/purge/purger';
import { freePort, program } from '../server-real/programs';
import { startNginx, startOrigin, startVarnish, TOKEN, type Origin, type Replaced } from './chain';

// The CDN takes longer than the edge in front of the publish endpoint waits for an answer. The test halves the timeouts
// of the shipped configurations, with a purge that outlasts them.

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const EDGE_SECONDS = 7;
const PURGE_SECONDS = 16;
const ANSWER_WITHIN = 4;

const edges: Record<string, { start: typeof startNginx | typeof startVarnish; replaced: Replaced }> = {
  nginx: { start: startNginx, replaced: [['proxy_read_timeout 60s', `proxy_read_timeout ${EDGE_SECONDS}s`]] },
  Varnish: {
    start: startVarnish,
    replaced: [
      ['.first_byte_timeout = 15s', `.first_byte_timeout = ${EDGE_SECONDS}s`],
      ['.between_bytes_timeout = 60s', `.between_bytes_timeout = ${EDGE_SECONDS}s`],
    ],
  },
};

const run = promisify(execFile);
const publishPy = fileURLToPath(new URL('../../docs/python/publish.py', import.meta.url));

describe.each(Object.entries(edges))('a purge that is slower than %s waits', (_, { start, replaced }) => {
  let origin: Origin;
  let url: string;
  let close: () => Promise<void>;
  const asked: string[] = [];

  beforeAll(async () => {
    const [originPort, port] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}/api/publish`;
    const slow: Purger = {
      name: 'slow',
      async purge({ layer }) {
        asked.push(layer);
        await new Promise((resolve) => setTimeout(resolve, PURGE_SECONDS * 1000));
        return { requests: 1, retries: 0 };
      },
    };
    origin = await startOrigin(
      [slow],
      `http://127.0.0.1:${port}`,
      originPort,
      {},
      {
        publish: { verify: false, answerWithin: ANSWER_WITHIN },
      },
    );
    const edge = await start(originPort, port, replaced);
    close = async () => {
      await edge.program.stop();
      await origin.close();
      await edge.remove();
    };
  });
  afterAll(() => close?.());

  async function viaCli() {
    const said = { out: '', err: '' };
    const code = await runCli(['publish', '--url', url, '--layer', 'roads', '--version', 'v2', '--json'], {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      env: { TILE_PUBLISH_TOKEN: TOKEN },
      readFile: () => Promise.reject(new Error('none')),
      readStdin: async () => '',
      packageVersion: async () => '0',
      fetch,
    });
    return { code, ...said };
  }

  /** Publishes like a pipeline without any of our tools. */
  async function viaFetch() {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const first = await fetch(url, { method: 'POST', headers, body: '{"layer":"swr","version":"v2"}' });
    const location = new URL(first.headers.get('location') ?? '/', url);
    let job: { state: string; report?: PublishReport } | undefined;
    await vi.waitFor(
      async () => {
        ({ job } = (await (await fetch(location, { headers })).json()) as { job: typeof job });
        expect(job?.state).toBe('done');
      },
      { timeout: 60_000, interval: 500 },
    );
    return { status: first.status, job };
  }

  const viaPython = () =>
    run(program('python3'), [publishPy, url, 'sie', 'v2'], { env: { ...process.env, TILE_PUBLISH_TOKEN: TOKEN } });

  it('has the right result for the CLI, for publish.py and for plain HTTP, and runs once', async () => {
    const [cli, python, plain] = await Promise.all([viaCli(), viaPython(), viaFetch()]);
    expect([cli.code, cli.err]).toEqual([0, '']);
    expect(JSON.parse(cli.out)).toMatchObject({ ok: true, layer: 'roads', version: 'v2', applied: true });
    expect([python.stdout, python.stderr]).toEqual([expect.stringMatching(/ok +announce revision \d+/), '']);
    expect(plain).toMatchObject({ status: 202, job: { report: { ok: true, layer: 'swr', version: 'v2' } } });
    for (const layer of ['roads', 'sie', 'swr']) expect(await origin.origin.version(layer)).toBe('v2');
    expect([...asked].sort()).toEqual(['roads', 'sie', 'swr']);
  });
});
