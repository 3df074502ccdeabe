import { betweenMarks } from './lib/between-marks';

/** What the sidecar adds to a tile in milliseconds, and the circumstances of the measurement. */
export interface ServeOverhead {
  requests: number;
  bytes: number;
  direct: { p50: number; p95: number };
  through: { p50: number; p95: number };
  /** The difference of the medians. */
  added: number;
  node: string;
  cores: number;
  loadAverage: number;
  measuredAt: string;
}

const BEGIN = '<!-- serve-overhead: written by the benchmark -->';
const END = '<!-- /serve-overhead -->';

/** Writes a result into the part of a document between the marks. */
export function withOverhead(document: string, result: ServeOverhead): string {
  const { direct, through, added, requests, bytes } = result;
  const row = (what: string, { p50, p95 }: ServeOverhead['direct']) =>
    `| ${what} | ${p50.toFixed(2)} ms | ${p95.toFixed(2)} ms |`;
  return betweenMarks(document, BEGIN, END, [
    `${requests} tiles of ${bytes / 1024} KiB each way, in turn, one at a time; ${result.node}, ${result.cores} cores, load average ` +
      `${result.loadAverage.toFixed(1)}, ${result.measuredAt.slice(0, 10)}.`,
    '',
    '| a tile | p50 | p95 |',
    '| --- | --- | --- |',
    row('from the tile server', direct),
    row('through the sidecar', through),
    `| added | ${added.toFixed(2)} ms | |`,
  ]);
}
