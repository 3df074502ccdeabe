import { expect, it } from 'vitest';
import { see } from '../../../server/publish/sight';

const body = (chunks: number, chunk: Uint8Array, pulled: { count: number }) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled.count += 1;
      if (pulled.count > chunks) controller.close();
      else controller.enqueue(chunk);
    },
  });

it('an endless answer is no tile, and the check stops reading it', async () => {
  const pulled = { count: 0 };
  const endless = new Response(body(Infinity, new Uint8Array(1 << 20), pulled));
  expect(
    await see(
      async () => endless,
      () => undefined,
    ),
  ).toBeUndefined();
  expect(pulled.count).toBeLessThan(64);
});

it('a complete answer is identified by its bytes', async () => {
  const pulled = { count: 0 };
  const sight = await see(
    async () => new Response(body(3, new Uint8Array(1000), pulled)),
    () => 'hit',
  );
  expect(sight).toMatchObject({ status: 200, bytes: 3000, cache: 'hit' });
});
