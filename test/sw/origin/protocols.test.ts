import { afterEach, expect, it, vi } from 'vitest';
import { observeProtocols } from '../../../sw/origin/protocols';

type Entry = { name: string; nextHopProtocol: string };

/** A fake of the browser's observer. `tell` passes entries to its listener. */
function fakeObserver() {
  const observed: unknown[] = [];
  const listeners: Array<(entries: Entry[]) => void> = [];
  class FakeObserver {
    constructor(callback: (list: { getEntries(): Entry[] }) => void) {
      listeners.push((entries) => callback({ getEntries: () => entries }));
    }
    observe(options: unknown): void {
      observed.push(options);
    }
  }
  vi.stubGlobal('PerformanceObserver', FakeObserver);
  return { observed, tell: (...entries: Entry[]) => listeners.forEach((listener) => listener(entries)) };
}

afterEach(() => vi.unstubAllGlobals());

it('observes from the first query on, including earlier requests', () => {
  const { observed, tell } = fakeObserver();
  const protocolOf = observeProtocols();
  expect(observed).toEqual([]);
  expect(protocolOf('https://tiles.example')).toBeUndefined();
  expect(protocolOf('https://tiles.example')).toBeUndefined();
  expect(observed).toEqual([{ type: 'resource', buffered: true }]);
  tell(
    { name: 'https://tiles.example/1/0/0.png', nextHopProtocol: 'h2' },
    { name: 'https://a.example/', nextHopProtocol: '' },
  );
  expect(protocolOf('https://tiles.example')).toBe('h2');
  expect(protocolOf('https://a.example')).toBeUndefined();
});

it('works without an observer if the browser has none', () => {
  vi.stubGlobal('PerformanceObserver', undefined);
  expect(observeProtocols()('https://tiles.example')).toBeUndefined();
});
