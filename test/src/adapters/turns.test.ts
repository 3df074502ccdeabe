import { describe, expect, it } from 'vitest';
import { turnsOf } from '../../../src/adapters/swap-options';
import { createSwapper } from '../../../src/adapters/swapper';
import { tileByTile, viewAtOnce } from '../../../src/adapters/turns';

function setup(limit = 5000) {
  let timeout: { run: () => void; in: number } | undefined;
  let frame: (() => void) | undefined;
  const timers = {
    setTimeout: (run: () => void, milliseconds: number) => (timeout = { run, in: milliseconds }),
    clearTimeout: () => void (timeout = undefined),
  };
  const turns = viewAtOnce(limit, timers, (run) => {
    frame = run;
    return () => void (frame = undefined);
  });
  const shown: string[] = [];
  const take = (key: string, turn = turns.of(key)) => turn(() => void shown.push(key));
  return {
    turns,
    timers,
    shown,
    take,
    timeout: () => timeout,
    framed: () => !!frame,
    draw: () => frame?.(),
    async loaded(...keys: string[]) {
      for (const key of keys) void take(key);
      await settle();
    },
  };
}
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('tileByTile', () => {
  it('shows at once', async () => {
    const shown: string[] = [];
    tileByTile.begin('a');
    tileByTile.begin('b');
    expect(await tileByTile.of('a')(() => void shown.push('a'))).toBe(true);
    expect(shown).toEqual(['a']);
  });
});

describe('viewAtOnce', () => {
  it('shows nothing before the last tile arrives, and then all in one frame', async () => {
    const { turns, shown, loaded, draw, framed, timeout } = setup();
    for (const key of ['a', 'b', 'c']) turns.begin(key);
    await loaded('a', 'b');
    expect(framed()).toBe(false);
    await loaded('c');
    expect(shown).toEqual([]);
    draw();
    expect(shown).toEqual(['a', 'b', 'c']);
    expect(timeout()).toBeUndefined();
    expect(turns.holding).toBe(false);
  });

  it('after the limit shows the tiles that have arrived, and the others as they arrive', async () => {
    const { turns, shown, loaded, take, draw, timeout } = setup(700);
    for (const key of ['a', 'b', 'c']) turns.begin(key);
    const late = turns.of('c');
    await loaded('a', 'b');
    expect(timeout()!.in).toBe(700);
    timeout()!.run();
    draw();
    expect(shown).toEqual(['a', 'b']);
    expect(await take('c', late)).toBe(true);
    expect(shown).toEqual(['a', 'b', 'c']);
  });

  it('begins a new round although a tile of the last one never arrived', async () => {
    const { turns, shown, loaded, draw, timeout } = setup();
    for (const key of ['a', 'dead']) turns.begin(key);
    await loaded('a');
    timeout()!.run();
    draw();
    for (const key of ['a', 'b']) turns.begin(key);
    await loaded('a');
    draw();
    expect(shown).toEqual(['a']);
    await loaded('b');
    draw();
    expect(shown).toEqual(['a', 'a', 'b']);
  });

  it('shows only the bytes of the last change, and further changes do not extend the limit', async () => {
    const { turns, shown, take, loaded, draw, timeout } = setup();
    for (const key of ['a', 'b']) turns.begin(key);
    const waits = take('a');
    const old = turns.of('b');
    const first = timeout();
    for (const key of ['a', 'b']) turns.begin(key);
    expect(timeout()).toBe(first);
    expect(await waits).toBe(false);
    expect(await take('b', old)).toBe(false);
    await loaded('a', 'b');
    draw();
    expect(shown).toEqual(['a', 'b']);
  });

  it('waits again for a tile that changes between the last arrival and the frame', async () => {
    const { turns, shown, loaded, draw } = setup();
    for (const key of ['a', 'b']) turns.begin(key);
    await loaded('a', 'b');
    turns.begin('b');
    draw();
    expect(shown).toEqual([]);
    await loaded('b');
    draw();
    expect(shown).toEqual(['a', 'b']);
  });

  it('does not wait for a tile that has left', async () => {
    const { turns, shown, take, loaded, draw, timeout } = setup();
    for (const key of ['a', 'b', 'c']) turns.begin(key);
    await loaded('a');
    const left = take('b');
    turns.leave('b');
    expect(await left).toBe(false);
    turns.leave('c');
    draw();
    expect(shown).toEqual(['a']);
    turns.begin('d');
    turns.leave('d');
    expect(timeout()).toBeUndefined();
  });

  it('holds tiles that the map itself requests until the others are shown, shows them first, and waits for none of them', async () => {
    const { turns, shown, take, loaded, draw } = setup();
    expect(await take('before', turns.guest())).toBe(true);
    turns.begin('a');
    const slow = turns.guest();
    void take('guest', turns.guest());
    await settle();
    expect(shown).toEqual(['before']);
    await loaded('a');
    draw();
    expect(shown).toEqual(['before', 'guest', 'a']);
    expect(await take('slow', slow)).toBe(true);
  });

  it('shows the map’s own tiles once the changed tiles have left', async () => {
    const { turns, shown, take, draw } = setup();
    turns.begin('a');
    void take('guest', turns.guest());
    await settle();
    turns.leave('a');
    draw();
    expect(shown).toEqual(['guest']);
  });

  it('refuses answers of replaced versions, while others can still wait', async () => {
    const { turns, loaded, draw } = setup();
    const of = (version?: string) => new Headers(version === undefined ? {} : { 'x-tile-version': version });
    turns.published('b', ['a']);
    expect(turns.refuses('tile', of('a'))).toBe(false);
    turns.begin('tile');
    expect(['a', 'b', 'other', undefined].map((version) => turns.refuses('tile', of(version)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    turns.published('c', ['b']);
    expect(['a', 'b', 'c'].map((version) => turns.refuses('tile', of(version)))).toEqual([true, true, false]);
    // A rollback.
    turns.published('a', ['c']);
    expect(['a', 'b', 'c'].map((version) => turns.refuses('tile', of(version)))).toEqual([false, true, true]);
    await loaded('tile');
    draw();
    expect(turns.refuses('tile', of('b'))).toBe(false);
    expect(tileByTile.refuses('tile', of('b'))).toBe(false);
  });

  it('settles everything that waits when closed', async () => {
    const { turns, shown, take, timeout, framed } = setup();
    turns.begin('a');
    void take('guest', turns.guest());
    await settle();
    turns.close();
    expect(shown).toEqual(['guest']);
    expect([timeout(), framed(), turns.holding]).toEqual([undefined, false, false]);
  });

  it('shows the others although one fails', async () => {
    const { turns, shown, loaded, draw } = setup();
    for (const key of ['a', 'b']) turns.begin(key);
    const broken = turns
      .of('a')(() => {
        throw new Error('no');
      })
      .catch((error: Error) => error.message);
    await loaded('b');
    draw();
    expect(await broken).toBe('no');
    expect(shown).toEqual(['b']);
  });
});

describe('createSwapper with turns', () => {
  it('waits for a failed tile that is requested again', async () => {
    const { turns, timers, shown, draw } = setup();
    let broken = true;
    const swapper = createSwapper(
      async (key, _, turn) => {
        if (key === 'b' && broken) throw new Error('no');
        await turn(() => void shown.push(key));
      },
      turns,
      { ...timers, setTimeout: () => 0, clearTimeout() {}, hidden: () => false },
    );
    swapper.swap('a');
    swapper.swap('b');
    await settle();
    draw();
    expect(shown).toEqual([]);
    broken = false;
    swapper.retry();
    await settle();
    draw();
    await settle();
    expect(shown.sort()).toEqual(['a', 'b']);
    expect(swapper.pending).toBe(0);
  });

  it('does not wait for a tile that needs nothing, nor for one that left', async () => {
    const { turns, shown, draw } = setup();
    const swapper = createSwapper(async (key, _, turn) => {
      if (key === 'hidden') return;
      if (key === 'left') await new Promise(() => {});
      await turn(() => void shown.push(key));
    }, turns);
    for (const key of ['a', 'hidden', 'left']) swapper.swap(key);
    await settle();
    swapper.drop('left');
    draw();
    await settle();
    expect(shown).toEqual(['a']);
    expect(swapper.pending).toBe(0);
    swapper.close();
  });
});

describe('turnsOf', () => {
  it.each([{ swap: 'all' }, { swap: null }, { swapTimeout: -1 }, { swapTimeout: '5' }, { swapTimeout: NaN }])(
    'refuses %j',
    (options) => {
      expect(() => turnsOf(options as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', field: Object.keys(options)[0] }) as Error,
      );
    },
  );
  it('is tile by tile by default', () => {
    expect(turnsOf({})).toBe(tileByTile);
    expect(turnsOf({ swap: 'tile', swapTimeout: 1 })).toBe(tileByTile);
    expect(turnsOf({ swap: 'view' })).not.toBe(tileByTile);
  });
});
