import { betweenMarks } from './lib/between-marks';

/** The results of a run. */
export interface Measured {
  clientsHeld: number;
  dropped: number;
  rssPerClientKiB: number;
  fanOutMs: { p50: number; p95: number; lastClientP95: number; max: number };
  cpu: { idleShareOfOneCore: number; secondsPerPublication: number };
  polls: { count: number; notModified: number; p50Ms: number; p95Ms: number };
}

/** The results of a run, and its circumstances. */
export interface StreamLoad extends Measured {
  clients: number;
  pollers: number;
  publications: number;
  node: string;
  cores: number;
  measuredAt: string;
  loadAverage: number;
}

const BEGIN = '<!-- stream-load: written by the benchmark -->';
const END = '<!-- /stream-load -->';

/** Writes a result into the part of a document between the marks. */
export function withFigures(document: string, result: StreamLoad): string {
  const { clients, pollers, publications, fanOutMs, cpu, polls } = result;
  const rows = [
    ['stream clients held, dropped', `${result.clientsHeld}, ${result.dropped}`],
    ['memory a client', `${result.rssPerClientKiB.toFixed(0)} KiB`],
    [
      'CPU to hold them and answer ' + `${pollers} pollers (every 2 s)`,
      `${(cpu.idleShareOfOneCore * 100).toFixed(0)}% of one core`,
    ],
    ['CPU a publication to all of them', `${(cpu.secondsPerPublication * 1000).toFixed(0)} ms`],
    [
      'announcement to client, p50 / p95 / last',
      `${fanOutMs.p50.toFixed(0)} / ${fanOutMs.p95.toFixed(0)} / ${fanOutMs.max.toFixed(0)} ms`,
    ],
    ['poll, p50 / p95', `${polls.p50Ms.toFixed(0)} / ${polls.p95Ms.toFixed(0)} ms`],
  ];
  return betweenMarks(document, BEGIN, END, [
    `${clients} stream clients, ${pollers} pollers, ${publications} publications; one Node process (${result.node}), ${result.cores} cores shared with the clients, ` +
      `load average ${result.loadAverage.toFixed(1)} when it was measured, ${result.measuredAt.slice(0, 10)}.`,
    '',
    '| what | measured |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
  ]);
}
