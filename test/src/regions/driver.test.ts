import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDriver } from '../../../src/regions/driver';
import type { DriveResult } from '../../../src/shared/regions';
import { createFakeBrowser } from '../fake-browser';
import { settle } from '../fake-clock';

afterEach(() => vi.unstubAllGlobals());

/** Two tabs with an unfinished region; each slice of the worker takes 8 s, and there is always another. */
function twoTabs({ locks = true } = {}) {
  const browser = createFakeBrowser();
  const slices = { running: 0, most: 0, by: [] as string[] };
  const open = (name: string) => {
    const { env } = browser.openTab();
    if (name === 'a') vi.stubGlobal('navigator', locks ? { locks: env.locks } : {});
    const closing = new AbortController();
    const drive = () =>
      new Promise<DriveResult>((resolve, reject) => {
        slices.by.push(name);
        slices.running += 1;
        slices.most = Math.max(slices.most, slices.running);
        const end = (settle: () => void) => () => {
          slices.running -= 1;
          settle();
        };
        const timer = env.setTimeout(
          end(() => resolve({ again: 0 })),
          8000,
        );
        // A closed page drops its request and its lock.
        closing.signal.addEventListener('abort', () => {
          env.clearTimeout(timer);
          if (slices.by.at(-1) === name) end(() => reject(new Error('closed')))();
        });
      });
    const driver = createDriver(env, 'regions', drive, closing.signal);
    return { driver, close: () => closing.abort() };
  };
  return { browser, slices, a: open('a'), b: open('b') };
}

describe('tabs that drive a region’s download', () => {
  it('drive it one at a time, and one takes over soon after the other closes', async () => {
    const { browser, slices, a, b } = twoTabs();
    a.driver.start();
    b.driver.start();
    // A page hears about the region or the network, and starts over.
    for (let i = 0; i < 20; i += 1) {
      await browser.clock.advance(3000);
      (i % 2 ? a : b).driver.start();
    }
    expect(slices.most).toBe(1);
    expect(slices.by.length).toBeGreaterThan(5);
    const driving = slices.by.at(-1)!;
    (driving === 'a' ? a : b).close();
    await settle();
    const before = slices.by.length;
    await browser.clock.advance(6000);
    expect(new Set(slices.by.slice(before))).toEqual(new Set([driving === 'a' ? 'b' : 'a']));
    expect(slices.most).toBe(1);
  });

  it('continue with the next slice at once, without a timer, which a hidden tab runs only once a minute', async () => {
    const { env } = createFakeBrowser().openTab();
    const closing = new AbortController();
    let slices = 0;
    const drive = async () => ({ again: (slices += 1) < 5 ? 0 : 1000 });
    const waits: number[] = [];
    const setTimeout = (_: () => void, ms: number) => void waits.push(ms);
    createDriver({ ...env, setTimeout }, 'regions', drive, closing.signal).start();
    await settle();
    expect(slices).toBe(5);
    expect(waits).toEqual([1000]);
  });

  it('all drive it in a browser without locks: the worker still runs one slice at a time', async () => {
    const { browser, slices, a, b } = twoTabs({ locks: false });
    a.driver.start();
    b.driver.start();
    await browser.clock.advance(20_000);
    expect(new Set(slices.by)).toEqual(new Set(['a', 'b']));
    // A tab never runs two.
    expect(slices.most).toBe(2);
  });
});
