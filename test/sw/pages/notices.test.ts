import { describe, expect, it } from 'vitest';
import { createForbiddenHosts } from '../../../sw/origin/forbidden-hosts';
import { createNetworkHealth } from '../../../sw/origin/health';
import { createPages } from '../../../sw/pages/pages';

interface Posted {
  notice: string;
  detail?: string;
}

/** The pages of a worker, with one window that notes what it hears. */
function start() {
  const posted: Posted[] = [];
  const clock = { now: 1_000_000 };
  const window = { id: 'a', url: 'https://map.example/', postMessage: (message: Posted) => void posted.push(message) };
  const pages = createPages({
    clients: { matchAll: async () => [window] as never },
    now: () => clock.now,
    sleep: async () => {},
  });
  return { posted, clock, pages, settled: () => new Promise<void>((resolve) => setImmediate(resolve)) };
}

describe('a network that comes and goes within a minute', () => {
  it('is in the end to pages what it is', async () => {
    const { posted, clock, pages, settled } = start();
    const health = createNetworkHealth({
      now: () => clock.now,
      random: () => 0.5,
      onChange: (layer, offline) => void pages.notice({ notice: offline ? 'offline' : 'online', layer }),
    });
    const told = async () => (await settled(), posted.at(-1)?.notice);
    const lose = () => ['a', 'b', 'c'].forEach((tile) => health.failed('roads', 'timeout', tile));
    for (const seconds of [0, 20, 70]) {
      clock.now = 1_000_000 + seconds * 1000;
      lose();
      expect([health.dead('roads'), await told()]).toEqual([true, 'offline']);
      clock.now += 5000;
      health.answered('roads', 'a');
      expect([health.dead('roads'), await told()]).toEqual([false, 'online']);
    }
    expect(posted).toHaveLength(6);
  });
});

describe('several faults within a minute', () => {
  it('are each told once: a second forbidden host needs its own remedy', async () => {
    const { posted, pages, settled } = start();
    const forbidden = createForbiddenHosts({
      origin: 'https://map.example',
      sleep: async () => {},
      onFound: (host) => void pages.notice({ notice: 'csp', detail: host }),
    });
    for (const host of ['https://a.example', 'https://b.example', 'https://a.example'])
      forbidden.note({ blockedURI: `${host}/1`, effectiveDirective: 'connect-src', disposition: 'enforce' });
    await settled();
    expect(posted.map(({ detail }) => detail)).toEqual(['https://a.example', 'https://b.example']);
  });

  it('of one archive are both told', async () => {
    const { posted, pages } = start();
    for (const detail of ['switch compression off', 'send the same ETag'])
      await pages.notice({ notice: 'archive', layer: 'roads', detail });
    expect(posted).toHaveLength(2);
  });

  it('of tiles are told once a minute', async () => {
    const { posted, clock, pages } = start();
    for (const detail of ['HTML', 'cut PNG']) await pages.notice({ notice: 'refused', layer: 'roads', detail });
    expect(posted).toHaveLength(1);
    clock.now += 60_000;
    await pages.notice({ notice: 'refused', layer: 'roads', detail: 'HTML' });
    expect(posted).toHaveLength(2);
  });
});
