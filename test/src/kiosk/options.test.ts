import { describe, expect, it } from 'vitest';
import { readKeepAliveOptions } from '../../../src/kiosk/options';

const MAP = { view: () => undefined } as never;
const read = (options: object, bindings: object[] = [MAP]) =>
  readKeepAliveOptions(bindings as never, options, 'https://map.example/kiosk');

describe('options of a watch', () => {
  it('have their defaults', () =>
    expect(read({ health: { endpoint: '/rum', name: 'Hall 3' } })).toMatchObject({
      ...{ every: 5, checkWithin: 900, maxHeap: 0.9, health: { name: 'Hall 3' } },
    }));

  it.each<[object, string, string]>([
    [{ every: 5000 }, 'every', 'Are these milliseconds? In seconds it is 5.'],
    [{ checkWithin: 900_000 }, 'checkWithin', 'Are these milliseconds? In seconds it is 900.'],
    [{ checkWithin: Infinity }, 'checkWithin', 'Correct checkWithin.'],
    [{ every: 0 }, 'every', 'Correct every.'],
    [{ every: '5 s' }, 'every', 'Correct every.'],
    [{ evry: 5 }, 'evry', 'Did you mean every?'],
    [{ checkwithin: 60 }, 'checkwithin', 'Did you mean checkWithin?'],
    [{ interval: 5 }, 'interval', 'Use one of every, checkWithin, maxHeap, redraw, health, signal.'],
    [{ maxHeap: 90 }, 'maxHeap', 'Correct maxHeap.'],
    [{ health: { endpoint: '/rum', name: '<b>' } }, 'health.name', 'Correct health.name.'],
    [{ health: { endpoint: '/rum', name: 'Hall', nmae: 'Hall' } }, 'health.nmae', 'Did you mean name?'],
    [{ health: { endpoint: 'http://', name: 'Hall' } }, 'health.endpoint', 'Correct health.endpoint.'],
  ])('%j is refused', (options, field, remedy) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field, remedy }));
  });

  it.each([[[]], [[{}]]])('a watch without bindings is refused', (bindings) => {
    expect(() => read({}, bindings)).toThrow(expect.objectContaining({ field: 'bindings' }));
  });
});
