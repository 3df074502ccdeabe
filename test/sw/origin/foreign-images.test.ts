import { describe, expect, it } from 'vitest';
import { createCorsHosts } from '../../../sw/origin/cors-hosts';
import { createForeignImages } from '../../../sw/origin/foreign-images';

const HOST = 'https://tiles.example';
const opaque = () => Object.defineProperty(new Response('x'), 'type', { value: 'opaque' });

/** A host, its network, and how each image was requested: `c` with CORS, `p` as the page did. */
function host(answers: { cors: () => Response | Error; plain: () => Response | Error }, kept?: string) {
  const state = { now: 1e12, onLine: true as boolean | undefined, note: kept, asked: '' };
  const makeHosts = () =>
    createCorsHosts({ read: async () => state.note, write: async (text) => void (state.note = text) }, () => state.now);
  let hosts = makeHosts();
  const images = () =>
    createForeignImages({
      hosts: (hosts = makeHosts()),
      now: () => state.now,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 50)),
      onLine: () => state.onLine,
    });
  const settle = async (answer: Response | Error) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  let worker = images();
  return {
    state,
    hosts: () => hosts,
    restart: () => (worker = images()),
    get: (name: string, known = false) =>
      worker({
        url: `${HOST}/${name}`,
        known,
        readably: () => ((state.asked += 'c'), settle(answers.cors())),
        asAsked: () => ((state.asked += 'p'), settle(answers.plain())),
        aborted: () => false,
      }).then(
        ({ type }) => type,
        () => 'failed',
      ),
  };
}

const gone = () => new TypeError('Failed to fetch');
const fine = () => new Response('x');
const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}.png`);

describe('images of other origins', () => {
  it('are read if the host allows it, with one request for each', async () => {
    const { get, state } = host({ cors: fine, plain: opaque });
    expect(await Promise.all(names(8).map((name) => get(name)))).toEqual(Array(8).fill('default'));
    expect(state.asked).toBe('c'.repeat(8));
  });

  it('of a host that refuses CORS cost three additional requests in all, even across restarts', async () => {
    const { get, state, restart } = host({ cors: gone, plain: opaque });
    for (const name of names(20)) expect(await get(name)).toBe('opaque');
    expect(state.asked.replaceAll('p', '')).toHaveLength(3);
    expect(state.asked.replaceAll('c', '')).toHaveLength(20);
    restart();
    state.asked = '';
    for (const name of names(20)) await get(name);
    expect(state.asked).toBe('p'.repeat(20));
  });

  it('of a host that refuses CORS, a view at once: none waits long, and each is requested once as the page did', async () => {
    const { get, state } = host({ cors: gone, plain: opaque });
    await Promise.all(names(30).map((name) => get(name)));
    expect(state.asked.replaceAll('c', '')).toHaveLength(30);
    expect(state.asked.replaceAll('p', '').length).toBeLessThanOrEqual(3);
  });

  it('that arrived without CORS once are not tried again, and do not count against others of their host', async () => {
    let name = '';
    const { get, state } = host({ cors: () => (name === 'hole.png' ? gone() : fine()), plain: opaque });
    for (let round = 0; round < 5; round += 1)
      for (name of ['1.png', 'hole.png', '2.png'])
        expect(await get(name)).toBe(name === 'hole.png' ? 'opaque' : 'default');
    expect(state.asked.replaceAll('c', '')).toHaveLength(5);
    expect(state.asked.replaceAll('p', '')).toHaveLength(11);
  });

  it('that came without CORS once are tried again ten minutes later: the host may have been down', async () => {
    let down = true;
    const { get, state } = host({ cors: () => (down ? gone() : fine()), plain: opaque });
    expect(await get('1.png')).toBe('opaque');
    down = false;
    expect(await get('1.png')).toBe('opaque');
    state.now += 601_000;
    expect(await get('1.png')).toBe('default');
  });

  it('that came with CORS before are always tried, and say nothing of new ones while their host is down', async () => {
    let down = false;
    const { get, state } = host({ cors: () => (down ? gone() : fine()), plain: opaque });
    expect(await get('1.png')).toBe('default');
    down = true;
    for (const name of names(9)) expect(await get(name, true)).toBe('opaque');
    down = false;
    for (const name of names(9)) expect(await get(name, true)).toBe('default');
    state.asked = '';
    expect(await get('new.png')).toBe('default');
    expect(state.asked).toBe('c');
  });

  it.each([
    [86_000, false],
    [87_000, true],
  ])('of a host that refuses known ones for %i s: withdrawn is %s, over a restart', async (seconds, withdrawn) => {
    const { get, state, hosts, restart } = host({ cors: gone, plain: opaque });
    await get('1.png', true);
    restart();
    state.now += seconds * 1000;
    state.asked = '';
    expect(await get('1.png', true)).toBe('opaque');
    expect(await get('2.png', true)).toBe('opaque');
    expect(hosts().withdrawn(`${HOST}/1.png`)).toBe(withdrawn);
    // A host that has withdrawn CORS is asked as one that never had it.
    expect(state.asked).toBe('cpcp');
    for (const name of names(9)) await get(name, true);
    expect(state.asked.replaceAll('p', '')).toHaveLength(withdrawn ? 3 : 11);
  });

  it('that come with CORS again end the withdrawal', async () => {
    let down = true;
    const { get, state, hosts } = host({ cors: () => (down ? gone() : fine()), plain: opaque });
    await get('1.png', true);
    down = false;
    await get('2.png', true);
    state.now += 90_000_000;
    expect(hosts().withdrawn(HOST)).toBe(false);
  });

  it('are asked for with cookies where the host wants to know who asks', async () => {
    const { get, state } = host({ cors: () => new Response('who?', { status: 401 }), plain: opaque });
    for (const name of names(10)) expect(await get(name)).toBe('opaque');
    expect(state.asked.replaceAll('p', '')).toHaveLength(3);
  });

  it('of an unreachable host are requested once each, after the first one', async () => {
    const { get, state } = host({ cors: gone, plain: gone });
    for (const name of names(10)) expect(await get(name)).toBe('failed');
    expect(state.asked).toHaveLength(11);
  });

  it('are never tried offline', async () => {
    const { get, state } = host({ cors: gone, plain: gone });
    state.onLine = false;
    await get('1.png');
    expect(state.asked).toBe('p');
  });

  it('of a host that keeps refusing are tried ever more rarely, finally once a week', async () => {
    const { get, state } = host({ cors: gone, plain: opaque });
    for (const name of names(5)) await get(name);
    let next = 5;
    for (const pause of [600, 7200, 86_400, 604_800, 604_800]) {
      state.asked = '';
      state.now += pause * 1000 - 1;
      await get(names(1, (next += 1))[0]!);
      state.now += 2;
      for (const name of names(3, (next += 1))) await get(name);
      next += 3;
      expect(state.asked).toBe('pcppp');
    }
  });

  it('of a sparse layer, whose first answers are errors without CORS, are read soon nevertheless', async () => {
    let missing = true;
    const { get, state } = host({ cors: () => (missing ? gone() : fine()), plain: opaque });
    for (const name of names(3)) await get(name);
    missing = false;
    expect(await get('3.png')).toBe('opaque');
    state.now += 601_000;
    expect(await get('4.png')).toBe('default');
    expect(await get('3.png')).toBe('default');
  });

  it.each(['{', '7', '[1]', '[["a"]]', '[["https://tiles.example", null]]'])(
    'a stored note of %s causes no error',
    async (note) => {
      expect(await host({ cors: fine, plain: opaque }, note).get('1.png')).toBe('default');
    },
  );
});
