import { mkdirSync, writeFileSync } from 'node:fs';
import type { Metric, Results } from '../lib/results';
import { barChart, type BarChart } from './bar-chart';

const OURS = 'tile-cache';

/** Returns the plots by file name. Leaves out those whose metrics are missing. */
export function plots({ metrics }: Results): Record<string, string> {
  const group = (name: string, title?: string) => {
    const metric = metrics[name];
    return metric ? [{ title: title ?? metric.title, rows: metric.rows }] : [];
  };
  const charts: Record<string, BarChart> = {
    warm: {
      title: 'Stored tiles a second, 64 requests at once',
      unit: 'tiles/s, more is better',
      accent: OURS,
      groups: [...group('warmMemory'), ...group('warmStore')],
    },
    single: {
      title: 'One tile at a time',
      unit: 'ms, less is better',
      accent: OURS,
      groups: [...group('single', 'p50'), ...group('single95', 'p95')],
    },
    storm: {
      title: 'Pan and zoom: a step until its last tile',
      unit: 'ms, less is better',
      accent: OURS,
      groups: [...group('stormCold', 'first time, p50'), ...group('stormWarm95', 'again, p95')],
    },
    publish: {
      title: 'Published until every visible tile is new',
      unit: 'ms, less is better',
      accent: OURS,
      groups: [...group('publish', 'origin 40 ms away')],
    },
    purge: {
      title: 'Purge, by tiles stored',
      unit: 'ms, less is better',
      accent: '',
      logarithmic: true,
      groups: [...accented(group('purge', 'sw-tile-cache: acknowledged')), ...group('purgeByKey', 'deleting by key')],
    },
  };
  return Object.fromEntries(
    Object.entries(charts)
      .filter(([, { groups }]) => groups.length > 0)
      .map(([name, chart]) => [`bench-${name}.svg`, barChart(chart)]),
  );
}

/** Rows with sizes are not contenders: show no ratios, and highlight all rows of this package. */
const accented = (groups: Array<{ title: string; rows: Metric['rows'] }>) =>
  groups.map(({ title, rows }) => ({ title, rows: rows.map((row) => ({ ...row, name: '' })) }));

/** Writes the plots beside the documents. */
export function writePlots(results: Results, directory = 'docs/images'): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, svg] of Object.entries(plots(results))) writeFileSync(`${directory}/${name}`, svg);
}
