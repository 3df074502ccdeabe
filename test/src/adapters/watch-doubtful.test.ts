import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAgeBook } from '../../../src/adapters/age-book';
import { tileKey } from '../../../src/screen/tile-key';
import { watchDoubtful } from '../../../src/adapters/watch-doubtful';
import type { TileUse, TileValidation } from '../../../src/shared/tile-use';
import type { TileId } from '../../../src/shared/tile';
import { createStub } from '../../../e2e/adapters/stub';

const A: TileId = { z: 2, x: 0, y: 0 };
const B: TileId = { z: 2, x: 1, y: 0 };
const C: TileId = { z: 2, x: 2, y: 0 };

/** A map at rest, over a worker whose origin is up or down. */
function setup(screen: TileId[] = [A]) {
  const client = createStub();
  const ages = createAgeBook(client as never, 'roads');
  const origin = { up: false, faulty: new Set<string>() };
  const asked: Array<{ key: string; at: number }> = [];
  const start = performance.now();
  const state = { screen, hidden: false };
  const use = (tile: TileId, rest: Partial<TileUse>): TileUse => ({
    layer: 'roads',
    tile,
    status: 'stale',
    age: 60,
    duration: 1,
    code: 200,
    ...rest,
  });
  /** Answers as the worker does now. */
  const answer = (tile: TileId) => {
    const fails = !origin.up || origin.faulty.has(tileKey(tile));
    client.emit('used', { uses: [use(tile, fails ? { originFailed: true } : { status: 'revalidated', ttl: 60 })] });
  };
  const watch = watchDoubtful(
    client as never,
    {
      layer: 'roads',
      ages,
      tiles: () => state.screen,
      exchange(holds) {
        for (const tile of state.screen.filter(holds)) {
          asked.push({ key: tileKey(tile), at: Math.round(performance.now() - start) / 1000 });
          setTimeout(() => answer(tile), 20);
        }
      },
    },
    {
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: (id) => clearTimeout(id as never),
      random: () => 0,
      hidden: () => state.hidden,
    },
  );
  const times = () => asked.splice(0).map(({ at }) => Math.round(at));
  const validated = (tile: TileId, rest: Partial<TileValidation>) =>
    client.emit('used', {
      uses: [],
      validations: [{ layer: 'roads', tile, status: 'stale', duration: 1, failed: false, ...rest }],
    });
  return { client, watch, origin, asked, times, answer, use, validated, state };
}

describe('watchDoubtful', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

  it('repeats requests that the store answered because the origin failed, after 10 s doubling to two minutes', async () => {
    const { answer, times, origin, watch, client } = setup();
    answer(A);
    await seconds(600);
    expect(times()).toEqual([10, 30, 70, 150, 270, 390, 510]);
    origin.up = true;
    await seconds(120);
    expect(times()).toHaveLength(1);
    await seconds(3600);
    expect(times()).toEqual([]);
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(client.listenerCount()).toBe(1);
  });

  it('asks a failing origin for one tile of the screen, each in turn, and for all once it answers', async () => {
    const { answer, asked, origin } = setup([A, B, C]);
    for (const tile of [A, B, C]) answer(tile);
    await seconds(200);
    expect(asked.splice(0).map(({ key }) => key)).toEqual([A, B, C, A].map(tileKey));
    origin.up = true;
    await seconds(121);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(3);
    expect(asked).toHaveLength(3);
    expect(asked[2]!.at - asked[0]!.at).toBeLessThan(1);
  });

  it('rarely requests a single failing tile, however often the layer answers', async () => {
    const { answer, asked, origin, client, use } = setup([A, B]);
    origin.up = true;
    origin.faulty.add(tileKey(A));
    answer(A);
    for (let second = 0; second < 3600; second++) {
      client.emit('used', { uses: [use(B, { status: 'miss' })] });
      await seconds(1);
    }
    expect(asked.filter(({ key }) => key === tileKey(A)).length).toBeLessThan(50);
    expect(asked.filter(({ key }) => key === tileKey(B))).toEqual([]);
    asked.length = 0;
    origin.faulty.clear();
    await seconds(121);
    expect(asked).toHaveLength(1);
  });

  it('requests nothing while the page is hidden, and at once when it is visible again', async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    vi.stubGlobal('document', page);
    const { answer, times, state, watch } = setup();
    state.hidden = true;
    answer(A);
    await seconds(3600);
    expect(times()).toEqual([]);
    state.hidden = false;
    page.dispatchEvent(new Event('visibilitychange'));
    expect(times()).toHaveLength(1);
    await seconds(600);
    expect(times().length).toBeGreaterThan(2);
    watch.stop();
  });

  it('requests no tile that has left the screen, until it returns', async () => {
    const { answer, times, state, watch } = setup();
    answer(A);
    state.screen = [B];
    await seconds(600);
    expect(times()).toEqual([]);
    state.screen = [A];
    watch.look();
    await seconds(11);
    expect(times()).toHaveLength(1);
  });

  it('does not request tiles that the worker validates in the background, unless that fails or never happens', async () => {
    const { client, use, times, validated, origin } = setup();
    origin.up = true;
    client.emit('used', { uses: [use(A, {})] });
    await seconds(5);
    validated(A, { ttl: 60 });
    await seconds(600);
    expect(times()).toEqual([]);
    client.emit('used', { uses: [use(A, {})] });
    await seconds(1);
    validated(A, { failed: true });
    await seconds(60);
    expect(times()).toHaveLength(1);
    // No validation at all: the worker considered the network dead.
    client.emit('used', { uses: [use(A, {})] });
    await seconds(25);
    expect(times()).toEqual([]);
    await seconds(60);
    expect(times()).toHaveLength(1);
  });

  it('does not request many tiles in background validation once the first of them is validated', async () => {
    const { client, use, times, validated } = setup([A, B, C]);
    client.emit('used', { uses: [A, B, C].map((tile) => use(tile, {})) });
    await seconds(2);
    validated(A, { ttl: 60 });
    await seconds(2);
    expect(times()).toEqual([]);
  });

  it('requests at once when version checks succeed again', async () => {
    const { answer, times, client, origin } = setup();
    answer(A);
    await seconds(280);
    client.emit('versioncheck', { ok: false, failures: 1 });
    times();
    origin.up = true;
    client.emit('versioncheck', { ok: true, checkedAt: 1 });
    await seconds(0);
    expect(times()).toHaveLength(1);
  });

  it('requests nothing while the browser is offline', async () => {
    const line = { onLine: false };
    vi.stubGlobal('navigator', line);
    const { answer, times } = setup();
    answer(A);
    await seconds(3600);
    expect(times()).toEqual([]);
    line.onLine = true;
    await seconds(121);
    expect(times()).toHaveLength(1);
  });

  it('leaves missing tiles to the retries', async () => {
    const { client, use, times } = setup();
    client.emit('used', { uses: [use(A, { status: 'error', age: 0, code: 0 })] });
    await seconds(600);
    expect(times()).toEqual([]);
  });
});
