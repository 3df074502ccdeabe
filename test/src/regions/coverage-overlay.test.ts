import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { showCoverage } from '../../../src/regions/coverage-overlay';

let frames: Array<() => void>;
let fills: string[];

beforeEach(() => {
  vi.useFakeTimers();
  frames = [];
  fills = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (target, name) =>
      name === 'fill' ? () => fills.push(String(target['fillStyle'])) : (target[String(name)] ?? (() => {})),
  });
  const canvas = { setAttribute() {}, remove() {}, style: {}, getContext: () => context };
  vi.stubGlobal('document', { createElement: () => canvas });
  vi.stubGlobal('devicePixelRatio', 1);
  vi.stubGlobal('cancelAnimationFrame', () => {});
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const COVERED = '#2c7bb6';

it('marks the tiles of the present view although a slow worker answers for an earlier one', async () => {
  const tile = (x: number) => ({ z: 4, x, y: 5 });
  let shown = [tile(1)];
  const container = { clientWidth: 10, clientHeight: 10, append() {} };
  const binding = {
    layer: 'roads',
    tiles: () => shown,
    view: () => ({ container, project: () => ({ x: 0, y: 0 }), onMove: (run: () => void) => ((move = run), () => {}) }),
  };
  const answers: Array<() => void> = [];
  let used = () => {};
  let move = () => {};
  const client = {
    on: (event: string, run: () => void) => (event === 'used' && (used = run), () => {}),
    coverage: () => {
      const these = shown.map((one) => ({ tile: one, covered: true }));
      return new Promise((resolve) => answers.push(() => resolve(these)));
    },
  };
  const overlay = showCoverage(binding as never, client as never, { legend: false });
  const draw = () => {
    fills = [];
    for (const run of frames.splice(0)) run();
    return fills;
  };
  draw();
  vi.advanceTimersByTime(500);
  shown = [tile(2)];
  used();
  vi.advanceTimersByTime(500);
  expect(answers).toHaveLength(2);
  answers[1]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(draw()).toEqual([COVERED]);
  answers[0]!();
  await vi.advanceTimersByTimeAsync(0);
  move();
  expect(draw()).toEqual([COVERED]);
  overlay.remove();
});
