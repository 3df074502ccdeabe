import { expect, it } from 'vitest';
import { onArrival } from '../../../src/kiosk/arrival';

function begin(controller: object | null, workerStart?: number) {
  const container = Object.assign(new EventTarget(), { controller });
  let arrived = 0;
  const stop = onArrival(
    container as unknown as ServiceWorkerContainer,
    () => (arrived += 1),
    workerStart === undefined ? undefined : { workerStart },
  );
  const become = (next: object | null) => {
    container.controller = next;
    container.dispatchEvent(new Event('controllerchange'));
  };
  return { become, stop, arrived: () => arrived };
}

it('tiles that bypassed the worker are requested again once when it arrives', () => {
  const page = begin(null);
  page.become(null);
  expect(page.arrived()).toBe(0);
  page.become({});
  page.become({});
  expect(page.arrived()).toBe(1);
});

it('a page with a worker from the start requests nothing again, nor does one after the end of its watch', () => {
  const page = begin({});
  page.become({});
  const left = begin(null);
  left.stop();
  left.become({});
  expect([page.arrived(), left.arrived()]).toEqual([0, 0]);
  expect(() => onArrival(undefined, () => {})()).not.toThrow();
});

it('a worker that arrived after the page but before the watch counts as late as well', () => {
  const page = begin({}, 0);
  page.become({});
  expect([page.arrived(), begin({}, 12.5).arrived(), begin({}).arrived()]).toEqual([1, 0, 0]);
});
