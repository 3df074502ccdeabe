import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Metric, Results } from '../../bench/lib/results';
import { figure, quantile, ratio } from '../../bench/lib/stats';
import { documents, fillIn } from '../../bench/report/figures';
import { plots } from '../../bench/report/plots';
import { targets } from '../../bench/report/targets';

const root = new URL('../../', import.meta.url);
const latest = JSON.parse(readFileSync(new URL('bench/results/latest.json', root), 'utf8')) as Results;

describe('figures in the documents', () => {
  for (const path of documents.filter((name) => existsSync(new URL(name, root)))) {
    it(`${path} says what the benchmark measured`, () => {
      const text = readFileSync(new URL(path, root), 'utf8');
      expect(fillIn(text, latest)).toBe(text);
    });
  }

  it('the plots show what the benchmark measured', () => {
    for (const [name, svg] of Object.entries(plots(latest))) {
      expect(readFileSync(new URL(`docs/images/${name}`, root), 'utf8'), name).toBe(svg);
    }
  });

  it('the verdicts on the targets match the figures', () => {
    expect(latest.targets).toEqual(targets(latest.metrics));
  });

  it('come from a full run', () => {
    expect(latest.quick).toBe(false);
  });
});

describe('fillIn', () => {
  const metric: Metric = {
    title: 'Warm',
    unit: 'tiles/s',
    better: 'more',
    how: 'Measured.',
    rows: [
      { name: 'none', label: 'no worker', figure: figure([100, 100, 100]) },
      {
        name: 'tile-cache',
        label: 'ours',
        figure: figure([90, 110, 120]),
        ratio: ratio([90, 110, 120], [100, 100, 100]),
      },
    ],
  };
  const results: Results = { ...latest, metrics: { warm: metric }, targets: [] };

  it('writes one figure between its markers, and writes it again', () => {
    const once = fillIn('It is <!-- bench:warm/tile-cache/ratio -->?<!-- /bench --> as fast.', results);
    expect(once).toBe('It is <!-- bench:warm/tile-cache/ratio -->1.10x<!-- /bench --> as fast.');
    expect(fillIn(once, results)).toBe(once);
  });

  it('writes a table with medians, quartiles and ratios', () => {
    expect(fillIn('<!-- bench:warm --><!-- /bench -->', results)).toContain('| ours | 110 (100–115) | 1.10x |');
  });

  it('refuses a figure that was not measured', () => {
    expect(() => fillIn('<!-- bench:cold --><!-- /bench -->', results)).toThrow('no metric is called cold');
    expect(() => fillIn('<!-- bench:warm/swr --><!-- /bench -->', results)).toThrow('has no row swr');
  });
});

describe('targets', () => {
  const withRatio = (median: number): Record<string, Metric> => ({
    warmMemory: {
      title: '',
      unit: '',
      better: 'more',
      how: '',
      rows: [
        { name: 'none', label: '', figure: figure([100]) },
        { name: 'tile-cache', label: '', figure: figure([median * 100]), ratio: figure([median]) },
      ],
    },
  });

  it('are met at their limit and missed below it', () => {
    expect(targets(withRatio(1))[0]).toMatchObject({ met: true, measured: '1.00x' });
    expect(targets(withRatio(0.99))[0]).toMatchObject({ met: false, measured: '0.99x' });
  });

  it('have no verdict without a measurement', () => {
    expect(targets({})).toEqual([]);
  });
});

describe('statistics', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([1], 0.95)).toBe(1);
  });

  it('takes the ratio round by round, so that a slow round cancels out', () => {
    expect(ratio([50, 100, 100], [100, 200, 200]).median).toBe(0.5);
  });
});
