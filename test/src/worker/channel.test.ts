import { describe, expect, it } from 'vitest';
import { createChannel } from '../../../src/worker/channel';
import type { Env } from '../../../src/page/env';
import { TileCacheError } from '../../../src/shared/errors';
import type { ClientState } from '../../../src/page/types';
import { createFakeClock, settle } from '../fake-clock';
import { fakeMessageChannel, FakeServiceWorker, type Reply } from '../fake-worker';

function setUp(answer?: (message: { id: string; type: string }, reply: Reply) => void) {
  const clock = createFakeClock();
  const closing = new AbortController();
  const worker = new FakeServiceWorker('https://maps.example/sw.js', 'activated', answer);
  const link = {
    state: 'active' as ClientState,
    error: undefined,
    scope: undefined,
    settled: Promise.resolve(),
    current: worker as FakeServiceWorker | undefined,
    active: () => link.current as unknown as ServiceWorker | undefined,
    owns: () => true,
  };
  const env = { ...clock, messageChannel: fakeMessageChannel } as unknown as Env;
  const channel = createChannel(env, link, 30_000, closing.signal);
  return { clock, closing, worker, link, channel };
}

const ack = (id: string, result: unknown = 'done') => ({ type: 'TILE_ACK', id, ok: true, result });

describe('channel', () => {
  it('resolves with the result of the ack that has its id', async () => {
    const { channel } = setUp(({ id }, reply) => reply(ack(id, { epoch: 3 })));
    await expect(channel.send({ type: 'TILE_STATUS' })).resolves.toEqual({ epoch: 3 });
  });

  it('accepts nothing else as an ack', async () => {
    const { channel, clock, worker } = setUp((_, reply) => {
      reply(ack('another'));
      reply({ type: 'TILE_ACK', ok: true, result: 'no id' });
      reply({ type: 'SOMETHING', id: worker.received[0]?.id, ok: true });
      reply('text');
      reply(null);
    });
    const sent = channel.send({ type: 'TILE_STATUS' }).catch((error: TileCacheError) => error.code);
    await clock.advance(30_000);
    expect(await sent).toBe('TIMEOUT');
  });

  it('repeats with the same id, with growing pauses, until a worker answers', async () => {
    const at: number[] = [];
    const { channel, clock, worker } = setUp();
    const start = clock.now();
    worker.answer = ({ id }, reply) => {
      at.push(clock.now() - start);
      if (at.length === 4) reply(ack(id));
    };
    const sent = channel.send({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'mine' });
    await clock.advance(20_000);
    await expect(sent).resolves.toBe('done');
    expect(at).toEqual([0, 500, 1500, 3500]);
    expect(worker.received.map(({ id }) => id)).toEqual(['mine', 'mine', 'mine', 'mine']);
    expect(clock.pending()).toBe(0);
  });

  it('asks the worker that is active at each attempt', async () => {
    const { channel, clock, link, worker } = setUp();
    const sent = channel.send({ type: 'TILE_STATUS' });
    await settle();
    link.current = new FakeServiceWorker('https://maps.example/sw.js', 'activated', ({ id }, reply) =>
      reply(ack(id, 'new')),
    );
    await clock.advance(1000);
    await expect(sent).resolves.toBe('new');
    expect(worker.received).toHaveLength(1);
  });

  it('accepts a late ack on the port of an earlier attempt', async () => {
    let first: (() => void) | undefined;
    const { channel, clock } = setUp(({ id }, reply) => void (first ??= () => reply(ack(id, 'late'))));
    const sent = channel.send({ type: 'TILE_STATUS' });
    await clock.advance(2000);
    first?.();
    await expect(sent).resolves.toBe('late');
  });

  it('waits for a worker that is being installed', async () => {
    const { channel, clock, link, worker } = setUp(({ id }, reply) => reply(ack(id)));
    link.current = undefined;
    link.state = 'pending';
    const sent = channel.send({ type: 'TILE_STATUS' });
    await clock.advance(4000);
    link.current = worker;
    await clock.advance(500);
    await expect(sent).resolves.toBe('done');
  });

  it.each([
    ['there is no worker and none is coming', 'unavailable', 0],
    ['none came in time', 'pending', 30_000],
  ] as const)('rejects with NO_WORKER when %s', async (_, state, ms) => {
    const { channel, clock, link } = setUp();
    link.current = undefined;
    link.state = state;
    const sent = channel.send({ type: 'TILE_STATUS' }).catch((error: TileCacheError) => error.code);
    await clock.advance(ms);
    expect(await sent).toBe('NO_WORKER');
    expect(clock.pending()).toBe(0);
  });

  it("restores the worker's error with code, field and remedy", async () => {
    const error = { code: 'UNSUPPORTED_FIELD', message: 'nope', remedy: 'Leave it out.', field: 'bbox' };
    const { channel } = setUp(({ id }, reply) => reply({ type: 'TILE_ACK', id, ok: false, error }));
    const thrown = await channel.send({ type: 'TILE_STATUS' }).catch((cause: unknown) => cause);
    expect(thrown).toBeInstanceOf(TileCacheError);
    expect(thrown).toMatchObject(error);
  });

  it('rejects what cannot be cloned', async () => {
    const { channel, clock } = setUp();
    const message = { type: 'CACHE_INVALIDATE', layer: (() => {}) as unknown as string } as const;
    await expect(channel.send(message)).rejects.toMatchObject({ code: 'INVALID_MESSAGE' });
    expect(clock.pending()).toBe(0);
  });

  it.each(['signal', 'close'] as const)('ends by %s and leaves no timer', async (how) => {
    const { channel, clock, closing, worker } = setUp();
    const own = new AbortController();
    const sent = channel.send({ type: 'TILE_STATUS' }, own.signal).catch((error: TileCacheError) => error.code);
    await clock.advance(600);
    (how === 'signal' ? own : closing).abort();
    expect(await sent).toBe('ABORTED');
    await clock.advance(60_000);
    expect(worker.received).toHaveLength(2);
    expect(clock.pending()).toBe(0);
  });

  it('sends nothing for a signal that is already aborted', async () => {
    const { channel, worker } = setUp();
    await expect(channel.send({ type: 'TILE_STATUS' }, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    await settle();
    expect(worker.received).toHaveLength(0);
  });
});
