import { describe, expect, it } from 'vitest';
import { createShowing } from '../../../sw/assembly/showing';
import { createForbiddenHosts } from '../../../sw/origin/forbidden-hosts';
import { createPages } from '../../../sw/pages/pages';
import { fakeTimers } from '../fakes/timers';

interface Posted {
  type: string;
  layer?: string;
  notice: string;
  detail?: string;
}

/** The pages of a worker, with one window that records messages. */
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

describe('a network that comes and goes', () => {
  const setUp = () => {
    const clock = { now: 1_000_000 };
    const timers = fakeTimers({ clock });
    const posted: string[] = [];
    const window = { id: 'a', url: 'https://map.example/', postMessage: (message: Posted) => void note(message) };
    const note = ({ type, notice, layer }: Posted) => posted.push(notice ? `${layer} ${notice}` : type);
    const around = {
      clients: { matchAll: async () => [window] as never },
      sleep: (ms: number) => new Promise<void>((resolve) => void timers.setTimeout(resolve, ms)),
      random: () => 0.5,
      now: () => clock.now,
    };
    const { health, pages } = createShowing({
      around,
      ...around,
      later: () => {},
    } as never);
    const lose = (layer = 'roads') => ['a', 'b', 'c'].forEach((tile) => health.failed(layer, 'timeout', tile));
    return { timers, posted, health, pages, lose };
  };

  it('is reported at most once in five seconds, and finally in its last state', async () => {
    const { timers, posted, health, lose } = setUp();
    for (let second = 0; second < 22; second += 1) {
      if (second % 2) health.answered('roads', 'a');
      else lose();
      await timers.pass(1000);
    }
    expect(posted.length).toBeLessThanOrEqual(5);
    expect(posted[0]).toBe('roads offline');
    for (const lost of [true, false]) {
      if (lost) lose();
      else health.answered('roads', 'a');
      await timers.pass(6000);
      expect([health.dead('roads'), posted.at(-1)]).toEqual([lost, lost ? 'roads offline' : 'roads online']);
    }
  });

  it('is reported for every layer, and not again while its state stays', async () => {
    const { timers, posted, health, lose } = setUp();
    lose();
    lose('rivers');
    await timers.pass(1000);
    expect(posted).toEqual(['roads offline', 'rivers offline']);
    health.answered('roads', 'a');
    lose('lakes');
    await timers.pass(60_000);
    expect(posted.slice(2)).toEqual(['roads online', 'lakes offline']);
    expect(timers.waiting).toBe(0);
  });

  it('is reported after the tiles that arrived before', async () => {
    const { timers, posted, pages, lose } = setUp();
    void pages.used('a', { layer: 'roads', status: 'miss', age: 0, duration: 1 } as never);
    lose();
    await timers.pass(1000);
    expect(posted).toEqual(['TILES_USED', 'roads offline']);
  });
});

describe('several faults within a minute', () => {
  it('are each reported once: a second forbidden host needs its own remedy', async () => {
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

  it('of one archive are both reported', async () => {
    const { posted, pages } = start();
    for (const detail of ['switch compression off', 'send the same ETag'])
      await pages.notice({ notice: 'archive', layer: 'roads', detail });
    expect(posted).toHaveLength(2);
  });

  it('of tiles are reported once a minute', async () => {
    const { posted, clock, pages } = start();
    for (const detail of ['HTML', 'cut PNG']) await pages.notice({ notice: 'refused', layer: 'roads', detail });
    expect(posted).toHaveLength(1);
    clock.now += 60_000;
    await pages.notice({ notice: 'refused', layer: 'roads', detail: 'HTML' });
    expect(posted).toHaveLength(2);
  });
});
