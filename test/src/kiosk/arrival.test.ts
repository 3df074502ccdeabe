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

it('tiles that came past a worker are asked for again when it is there, once', () => {
  const page = begin(null);
  page.become(null);
  expect(page.arrived()).toBe(0);
  page.become({});
  page.become({});
  expect(page.arrived()).toBe(1);
});

it('a page that had a worker from the start asks for nothing again, nor one that is not watched any more', () => {
  const page = begin({});
  page.become({});
  const left = begin(null);
  left.stop();
  left.become({});
  expect([page.arrived(), left.arrived()]).toEqual([0, 0]);
  expect(() => onArrival(undefined, () => {})()).not.toThrow();
});

it('a worker that came before the watch, but after the page, has come late as well', () => {
  const page = begin({}, 0);
  page.become({});
  expect([page.arrived(), begin({}, 12.5).arrived(), begin({}).arrived()]).toEqual([1, 0, 0]);
});
