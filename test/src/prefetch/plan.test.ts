import { describe, expect, it } from 'vitest';
import { isWelcome } from '../../../src/prefetch/allowed';
import { planAround, planTarget } from '../../../src/prefetch/plan';

const keys = (tiles: Array<{ z: number; x: number; y: number }>) => tiles.map(({ z, x, y }) => `${z}/${x}/${y}`);
const view = [
  { z: 3, x: 4, y: 4 },
  { z: 3, x: 5, y: 4 },
];

describe('what is fetched ahead', () => {
  it('is the parents first, then the ring, and nothing that the view has', () => {
    const plan = keys(planAround({ wanted: view, drawn: [] }, { ring: 1, parents: 2 }));
    expect(plan.slice(0, 2)).toEqual(['2/2/2', '1/1/1']);
    expect(plan.slice(2).sort()).toEqual(
      ['3/3/3', '3/4/3', '3/5/3', '3/6/3', '3/3/4', '3/6/4', '3/3/5', '3/4/5', '3/5/5', '3/6/5'].sort(),
    );
    // The nearest of the ring comes first.
    expect(['3/4/3', '3/5/3', '3/4/5', '3/5/5']).toContain(plan[2]);
  });

  it('goes on beyond the antimeridian, and not beyond the poles', () => {
    const plan = keys(planAround({ wanted: [{ z: 2, x: 3, y: 0 }], drawn: [] }, { ring: 1, parents: 0 }));
    expect(plan.sort()).toEqual(['2/2/0', '2/0/0', '2/2/1', '2/3/1', '2/0/1'].sort());
    expect(planAround({ wanted: [], drawn: [] }, { ring: 1, parents: 2 })).toEqual([]);
    expect(planAround({ wanted: [{ z: 0, x: 0, y: 0 }], drawn: [] }, { ring: 2, parents: 2 })).toEqual([]);
  });

  it('is the tiles of a target: a box, or as many as the view has around a point', () => {
    const cover = { wanted: view, drawn: [] };
    expect(keys(planTarget({ bbox: [-1, -1, 1, 1], zoom: 1 }, cover)).sort()).toEqual([
      '1/0/0',
      '1/0/1',
      '1/1/0',
      '1/1/1',
    ]);
    expect(keys(planTarget({ bbox: [170, 10, -170, 20], zoom: 3 }, cover)).sort()).toEqual(['3/0/3', '3/7/3']);
    const around = planTarget({ center: [22.5, 20], zoom: 3 }, cover);
    expect(keys(around)).toEqual(expect.arrayContaining(['3/3/3', '3/4/3', '3/5/3']));
    expect(planTarget({ bbox: [-180, -85, 180, 85], zoom: 14 }, cover)).toHaveLength(400);
  });
});

describe('fetching ahead is welcome', () => {
  const online = { onLine: true, hidden: false };
  const battery = (level: number, charging: boolean) => ({ getBattery: async () => ({ level, charging }) });

  it.each([
    ['where the browser tells nothing', {}, online, true],
    ['not where data are to be saved', { connection: { saveData: true } }, online, false],
    ['not over a metered connection', { connection: { type: 'cellular' } }, online, false],
    ['not with a low battery', battery(0.1, false), online, false],
    ['with a low battery that charges', battery(0.1, true), online, true],
    ['with half a battery', battery(0.5, false), online, true],
    ['not offline', {}, { onLine: false, hidden: false }, false],
    ['not in a hidden page', {}, { onLine: true, hidden: true }, false],
    ['where the battery may not be asked for', { getBattery: () => Promise.reject(new Error('no')) }, online, true],
  ])('%s', async (_, device, state, welcome) => {
    expect(await isWelcome(device, state)).toBe(welcome);
  });
});
