import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Results } from '../lib/results';
import { number, spread, times } from './format';
import { machineLine, markdownTable, summaryTable, targetTable } from './tables';

/** The documents that contain figures. */
export const documents = ['README.md', 'docs/performance.md', 'docs/pmtiles.md'] as const;

const MARKED = /<!-- bench:([\w./-]+) -->[^]*?<!-- \/bench -->/g;

/** Writes the figures between their markers: `<!-- bench:NAME -->…<!-- /bench -->`. Throws for an unknown name. */
export function fillIn(text: string, results: Results): string {
  return text.replace(MARKED, (_, name: string) => {
    const content = render(name, results);
    const gap = content.includes('\n') ? '\n' : '';
    return `<!-- bench:${name} -->${gap}${content}${gap}<!-- /bench -->`;
  });
}

/**
 * Renders a name: `machine`, `targets`, `summary`, a metric for its table, or `metric/row` or `metric/row/ratio` for
 * one figure.
 */
function render(name: string, results: Results): string {
  if (name === 'machine') return machineLine(results);
  if (name === 'targets') return targetTable(results);
  if (name === 'summary') return summaryTable(results);
  const [metricName = '', rowName, part] = name.split('/');
  const metric = results.metrics[metricName];
  if (!metric) throw new Error(`bench:${name}: no metric is called ${metricName}.`);
  if (rowName === undefined) return markdownTable(metric);
  const row = metric.rows.find((candidate) => candidate.name === rowName);
  if (!row) throw new Error(`bench:${name}: ${metricName} has no row ${rowName}.`);
  if (part === 'ratio') return times(row.ratio?.median ?? Number.NaN);
  return part === 'spread' ? spread(row.figure) : number(row.figure.median);
}

/** Writes the figures into the documents. Returns the paths of those that changed. */
export function writeFigures(results: Results): string[] {
  return documents.filter((path) => {
    if (!existsSync(path)) return false;
    const before = readFileSync(path, 'utf8');
    const after = fillIn(before, results);
    if (after !== before) writeFileSync(path, after);
    return after !== before;
  });
}
