import { describe, expect, it } from 'vitest';
import type { Purger } from '../../../server/purge/purger';
import { fakeClock, testOrigin, TOKEN } from '../helpers';

/**
 * An edge in front of a foreign origin, which keeps answering with old tiles, labelled as such, for `lateBy` seconds
 * after the first purge. Some map requests the tile all the time.
 */
function setUp(lateBy: number, { ages = true, broken = Infinity } = {}) {
  const clock = fakeClock();
  let stored: { label: string; at: number } | undefined = { label: 'v1', at: clock.at };
  let firstPurge = Infinity;
  let purges = 0;
  const ask = () => {
    const hit = stored !== undefined;
    stored ??= { label: clock.at >= firstPurge + lateBy * 1000 ? 'v2' : 'v1', at: clock.at };
    return { hit, ...stored };
  };
  const edgeFetch = async () => {
    const { hit, label, at } = ask();
    return new Response(`tile of ${label}`, {
      headers: {
        'x-cache': hit ? 'HIT' : 'MISS',
        'x-tile-version': label,
        ...(ages && { age: String(Math.floor((clock.at - at) / 1000)) }),
      },
    });
  };
  const purger: Purger = {
    name: 'cdn',
    async purge() {
      purges += 1;
      if (purges >= broken) throw new Error('down');
      firstPurge = Math.min(firstPurge, clock.at);
      stored = undefined;
      // The map’s request arrives before the check’s.
      ask();
      return { requests: 1, retries: 0 };
    },
  };
  const { origin } = testOrigin({
    now: clock.now,
    sleep: clock.sleep,
    fetch: edgeFetch as unknown as typeof fetch,
    layers: {
      roads: { version: 'v1', edge: { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf', zooms: [0, 0] as const } },
    },
    publish: { token: TOKEN, purgers: [purger], verify: { samples: 1 } },
  });
  const publish = async () => {
    const report = await origin.publishNow({ layer: 'roads', version: 'v2' });
    return { report, verify: report.steps.find(({ step }) => step === 'verify')! };
  };
  return { origin, publish, purges: () => purges, atEdge: () => stored?.label };
}

describe('an edge that stores old tiles again after a purge', () => {
  it('is purged again until the origin has the new tiles, before clients hear of them', async () => {
    const { origin, publish, purges, atEdge } = setUp(3);
    const { report, verify } = await publish();
    expect([report.ok, verify.ok, atEdge()]).toEqual([true, true, 'v2']);
    expect(purges()).toBe(3);
    expect(verify.detail).toContain('old tiles after the purge, which was repeated 2 times');
    await origin.close();
  });

  it('is reported as a failure if the origin keeps its old tiles', async () => {
    const { origin, publish, purges } = setUp(Infinity);
    const { report, verify } = await publish();
    expect([report.ok, verify.ok, purges()]).toEqual([false, false, 4]);
    expect(verify.detail).toMatch(/old tile is still there.*repeated 3 times/);
    await origin.close();
  });

  it('owes the repeated purge if that one fails', async () => {
    const { origin, publish } = setUp(3, { broken: 2 });
    expect((await publish()).report.ok).toBe(false);
    expect((await origin.status()).layers.roads!.outstanding).toMatchObject([{ cdn: 'cdn' }]);
    await origin.close();
  });

  it('is not purged again without an Age: it may not have purged yet', async () => {
    const { origin, publish, purges } = setUp(3, { ages: false });
    const { report } = await publish();
    expect([report.ok, purges()]).toEqual([false, 1]);
    await origin.close();
  });
});
