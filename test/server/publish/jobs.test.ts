import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PublishJob } from '../../../server/publish/jobs';
import type { Purger } from '../../../server/purge/purger';
import { runCli } from '../../../server/cli/run';
import { publishRequest, recordingPurger, request, testOrigin, TOKEN } from '../helpers';

afterEach(() => vi.useRealTimers());

const authorized = { authorization: `Bearer ${TOKEN}` };

/** A CDN whose purge ends on command. */
function slow() {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const purger: Purger = { name: 'slow', purge: () => done.then(() => ({ requests: 1, retries: 0 })) };
  return { purger, finish: () => finish() };
}

/** Returns the result of work that alternates between timers and real work. */
async function afterTimers<T>(work: Promise<T>): Promise<T> {
  let settled = false;
  void work.finally(() => (settled = true));
  while (!settled) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise(setImmediate);
  }
  return work;
}

describe('a long publication', () => {
  it('becomes a job: 202, and its state at the Location', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const cdn = slow();
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [cdn.purger] } });
    const asked = origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    const response = await afterTimers(asked);
    const location = response.headers.get('location')!;
    expect([response.status, location]).toEqual([202, expect.stringMatching(/^\/api\/publish\/[\w-]{36}$/)]);
    const state = async () => {
      const answer = await origin.fetch(request(location, { headers: authorized }));
      return ((await answer.json()) as { job: PublishJob }).job;
    };
    expect(await state()).toMatchObject({
      state: 'running',
      layer: 'roads',
      steps: [{ step: 'plan' }, { step: 'stage' }],
    });
    const status = await origin.status();
    expect(status.running).toMatchObject([{ layer: 'roads' }]);
    cdn.finish();
    await vi.waitFor(async () =>
      expect(await state()).toMatchObject({ state: 'done', report: { ok: true, version: 'v1' } }),
    );
    expect((await origin.fetch(request(location))).status).toBe(401);
    expect((await origin.fetch(request('/api/publish/none', { headers: authorized }))).status).toBe(404);
    await origin.close();
  });

  it('is a job at once with Prefer: respond-async (RFC 7240)', async () => {
    const cdn = slow();
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [cdn.purger] } });
    const response = await origin.fetch(
      publishRequest({ layer: 'roads', version: 'v1' }, { prefer: 'respond-async, wait=5' }),
    );
    expect(response.status).toBe(202);
    cdn.finish();
    await origin.close();
  });

  it('sends a line every five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const cdn = slow();
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [cdn.purger] } });
    const response = await afterTimers(
      origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }, { accept: 'application/x-ndjson' })),
    );
    const reader = response.body!.getReader();
    const lines: unknown[] = [];
    const reading = (async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read())
        lines.push(
          ...new TextDecoder()
            .decode(next.value)
            .trim()
            .split('\n')
            .map((text) => JSON.parse(text) as unknown),
        );
    })();
    // The time until the answer begins depends on the machine.
    const progress = () => lines.filter((line) => Object.hasOwn(line as object, 'progress')).length;
    await vi.advanceTimersByTimeAsync(1000);
    const before = progress();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(progress() - before).toBe(3);
    cdn.finish();
    await reading;
    expect(lines.at(-1)).toMatchObject({ report: { ok: true } });
    await origin.close();
  });
});

describe('GET /api/publish', () => {
  it('returns the versions in force and outstanding work, given the token', async () => {
    const { purger } = recordingPurger(1);
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [purger] } });
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    expect((await origin.fetch(request('/api/publish'))).status).toBe(401);
    const status = await (await origin.fetch(request('/api/publish', { headers: authorized }))).json();
    expect(status).toMatchObject({
      running: [],
      layers: { roads: { version: 'v1', outstanding: [{ cdn: 'recorder', tags: ['layer:roads'], tries: 0 }] } },
    });
    await origin.close();
  });
});

describe('the command', () => {
  let interrupt: () => void;

  /** Runs the command against an origin, with a fetch that may break the answers. */
  async function run(origin: { fetch(request: Request): Promise<Response> }, spoil: (response: Response) => Response) {
    const text = { out: '', err: '' };
    const code = await runCli(
      ['publish', '--url', 'https://origin.test/api/publish', '--layer', 'roads', '--version', 'v1'],
      {
        out: (said) => void (text.out += said),
        err: (said) => void (text.err += said),
        readFile: async () => '',
        readStdin: async () => '',
        packageVersion: async () => '0',
        env: { TILE_PUBLISH_TOKEN: TOKEN },
        fetch: async (url, init) => spoil(await origin.fetch(new Request(url as URL, init))),
        sleep: async () => undefined,
        onInterrupt: (listener) => ((interrupt = listener), () => undefined),
      },
    );
    return { code, ...text };
  }

  it('follows a job', async () => {
    const cdn = slow();
    const { origin } = testOrigin({ publish: { token: TOKEN, answerWithin: 0, purgers: [cdn.purger] } });
    const post = {
      fetch: (asked: Request) => {
        const headers = new Headers(asked.headers);
        headers.delete('accept');
        return origin.fetch(asked.method === 'POST' ? new Request(asked, { headers }) : asked);
      },
    };
    const { code, out } = await run(post, (response) => (response.status === 202 && cdn.finish(), response));
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok {3}plan[\s\S]*announce[\s\S]*roads is now v1/)]);
  });

  const running = { job: { id: '1', layer: 'roads', state: 'running', startedAt: 0, steps: [] } };
  /** An origin that makes a job of every publication and answers polls in the given order; the last answer repeats. */
  const jobs = (...answers: Response[]) => ({
    async fetch({ method }: Request) {
      if (method !== 'POST') return answers.length > 1 ? answers.shift()! : answers[0]!.clone();
      return Response.json(running, { status: 202, headers: { location: '/api/publish/1' } });
    },
  });
  const none = () => Response.json({ error: { message: 'This instance has no such job.' } }, { status: 404 });

  it('keeps polling if an instance does not know the job, and reports it if none does', async () => {
    const report = { ok: true, layer: 'roads', version: 'v1', revision: 7, applied: true, steps: [] };
    const done = Response.json({ job: { ...running.job, state: 'done', report } });
    expect(await run(jobs(none(), none(), done), (response) => response)).toMatchObject({ code: 0, err: '' });
    expect(await run(jobs(none()), (response) => response)).toMatchObject({
      code: 4,
      err: 'the origin no longer knows this job: it was restarted, or another instance answers. Publish again.\n',
    });
  });

  it('says on interruption that the origin continues, and where', async () => {
    let asked = 0;
    const { err } = await run(jobs(none()), (response) => {
      asked += 1;
      if (asked === 2) interrupt();
      return response;
    });
    expect(err.split('\n')[0]).toBe('The publication continues at the origin: https://origin.test/api/publish/1');
  });

  it('polls for the rest after the connection broke, and prints no step twice', async () => {
    const cdn = slow();
    const { origin } = testOrigin({ publish: { token: TOKEN, purgers: [cdn.purger] } });
    const { code, out } = await run(origin, (response) => {
      if (!response.headers.has('content-location')) return response;
      const reader = response.body!.getReader();
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue((await reader.read()).value!);
          controller.error(new TypeError('terminated'));
          cdn.finish();
        },
      });
      return new Response(body, response);
    });
    expect([code, out.match(/ok {3}plan/g)]).toEqual([0, ['ok   plan']]);
    expect(out).toContain('roads is now v1');
  });
});
