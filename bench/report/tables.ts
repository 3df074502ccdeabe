import type { Metric, Results, Row } from '../lib/results';
import { number, spread, times } from './format';

/** Formats a metric for the terminal. */
export function textTable({ title, unit, rows }: Metric): string {
  const width = Math.max(...rows.map(({ label }) => label.length));
  const lines = rows.map(
    ({ label, figure, ratio }) =>
      `  ${label.padEnd(width)}  ${spread(figure).padStart(22)} ${unit}${ratio ? `  ${times(ratio.median)}` : ''}`,
  );
  return [title, ...lines].join('\n');
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');

/** Formats a metric as a Markdown table with the median and the quartiles. */
export function markdownTable({ rows, unit, how }: Metric): string {
  const withRatio = rows.some(({ ratio }) => ratio);
  const head = ['', unit, ...(withRatio ? ['ratio'] : [])];
  const body = rows.map(({ label, figure, ratio }) => [
    label,
    spread(figure),
    ...(withRatio ? [ratio ? times(ratio.median) : '1.00x'] : []),
  ]);
  return `${how}\n\n${table(head, body)}`;
}

/** Formats the goals and their results. */
export function targetTable({ targets }: Results): string {
  return table(
    ['goal', 'limit', 'measured', ''],
    targets.map(({ goal, limit, measured, met }) => [goal, limit, measured, met ? 'met' : '**missed**']),
  );
}

export function machineLine({ machine: { cores, memory, system, browser }, measuredAt }: Results): string {
  return `${browser} on a machine of ${cores} cores and ${memory} (${system}), ${measuredAt.slice(0, 10)}. Medians of alternating rounds.`;
}

const columns: ReadonlyArray<{ metric: string; head: string; ratio?: boolean }> = [
  { metric: 'warmMemory', head: 'hot tiles/s', ratio: true },
  { metric: 'warmStore', head: '2,000 stored, tiles/s', ratio: true },
  { metric: 'single', head: 'one tile, ms' },
  { metric: 'stormWarm95', head: 'pan and zoom, p95 ms' },
  { metric: 'publish', head: 'published until shown, ms' },
  { metric: 'originRequestsLive', head: 'origin requests of 1,000 hits (max-age=0, one version)' },
];

/** Formats one line for each contender, for the README. */
export function summaryTable({ metrics }: Results): string {
  const used = columns.filter(({ metric }) => metrics[metric]);
  const rows = (metrics.warmMemory?.rows ?? []).map(({ name, label }) => [
    label,
    ...used.map(({ metric, ratio }) => {
      const row = metrics[metric]?.rows.find((candidate) => candidate.name === name);
      return row ? cell(row, ratio === true) : '–';
    }),
  ]);
  return table(['', ...used.map(({ head }) => head)], rows);
}

const cell = ({ figure, ratio }: Row, withRatio: boolean) =>
  `${number(figure.median)}${withRatio && ratio ? ` (${times(ratio.median)})` : ''}`;
