import { afterEach, expect, it, vi } from 'vitest';
import { observeProtocols } from '../../../sw/origin/protocols';

type Entry = { name: string; nextHopProtocol: string };

/** The browser's observer; `tell` hands entries to whoever listens. */
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

it('listens from the first question on, to earlier requests, too', () => {
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

it('does without where a browser has no observer', () => {
  vi.stubGlobal('PerformanceObserver', undefined);
  expect(observeProtocols()('https://tiles.example')).toBeUndefined();
});
