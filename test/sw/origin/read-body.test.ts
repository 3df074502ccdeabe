import { describe, expect, it } from 'vitest';
import { createPageBody } from '../../../sw/origin/page-body';
import { MAX_BODY, readWhole } from '../../../sw/origin/read-body';

const MEGABYTE = 2 ** 20;
const turns = async () => {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A response whose body continues as long as somebody reads. */
function endless(megabytes: number, headers: Record<string, string> = {}) {
  const seen = { read: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (seen.read === megabytes) return controller.close();
        seen.read += 1;
        controller.enqueue(new Uint8Array(MEGABYTE));
      },
      cancel: () => void (seen.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { seen, response: new Response(body, { headers }) };
}

describe('a body of 300 MB', () => {
  it.each([{}, { 'content-length': String(300 * MEGABYTE) }])(
    'is not buffered while the page does not read (%j)',
    async (headers) => {
      const { seen, response } = endless(300, headers);
      const page = createPageBody();
      expect(await readWhole(response, undefined, { page })).toBeUndefined();
      await turns();
      expect(seen.read).toBeLessThanOrEqual(MAX_BODY / MEGABYTE + 2);
      let length = 0;
      for await (const chunk of page.stream as unknown as AsyncIterable<Uint8Array>) length += chunk.byteLength;
      expect(length).toBe(300 * MEGABYTE);
      await page.finished;
    },
  );
  it('is cancelled when the page has left', async () => {
    const { seen, response } = endless(300);
    const page = createPageBody();
    await readWhole(response, undefined, { page });
    await page.stream.cancel();
    await turns();
    expect(seen.cancelled).toBe(true);
  });
  it('is cancelled if no page reads it', async () => {
    const { seen, response } = endless(300);
    expect(await readWhole(response, undefined)).toBeUndefined();
    await turns();
    expect(seen.cancelled).toBe(true);
    expect(seen.read).toBeLessThanOrEqual(MAX_BODY / MEGABYTE + 1);
  });
});

describe('a body that streams to a page', () => {
  it('is complete on both sides', async () => {
    const page = createPageBody();
    const whole = readWhole(new Response('tile'), undefined, { page });
    expect(await new Response(page.stream).text()).toBe('tile');
    expect(new TextDecoder().decode(await whole)).toBe('tile');
  });
  it('is still read for the store after the page has left', async () => {
    const { response } = endless(3);
    const page = createPageBody();
    await page.stream.cancel();
    expect((await readWhole(response, undefined, { page }))?.byteLength).toBe(3 * MEGABYTE);
  });
  it('fails on both sides when the network does', async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError('reset')) });
    const page = createPageBody();
    await expect(readWhole(new Response(broken), undefined, { page })).rejects.toThrow('reset');
    await expect(new Response(page.stream).text()).rejects.toThrow('reset');
  });
});
