import type { InspectorOverview } from '../shared/inspect-commands';
import type { TraceEntry } from '../shared/inspect-trace';
import { button, choices, make, rows, section, table } from './dom';
import { tileText } from './format';
import type { PanelPart, PanelTools } from './types';

const KEPT = 500;
const SHOWN = 100;
/** Milliseconds between two queries. */
const EVERY = 1000;
const WORDS = ['hit', 'stale', 'miss', 'revalidated', 'error', 'passed'];

/** Creates the part that lists the worker's decisions, with a filter. */
export function logPart({ client, attempt, inspect }: PanelTools): PanelPart {
  const running = make('input', { type: 'checkbox', name: 'log' });
  const layers = make('select', { name: 'log-layer' });
  const words = make('select', { name: 'log-status' });
  choices(words, [['', 'all'], ...WORDS.map((word) => [word, word] as const)]);
  const text = make('input', { type: 'search', name: 'log-text', placeholder: 'expired, 6/33/22 …' });
  const { box, body } = table('Decisions, the newest first', ['Time', 'Tile', 'Answer', 'Decided by', 'Steps']);
  box.classList.add('log');
  let log: TraceEntry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const draw = () => {
    const focused = (box.getRootNode() as ShadowRoot).activeElement;
    const number = body.contains(focused) ? (focused as HTMLElement).dataset['number'] : undefined;
    const wanted = { layer: layers.value, word: words.value, text: text.value.trim() };
    const found = log.filter((entry) => holds(entry, wanted)).slice(-SHOWN);
    const lines = found.reverse().map((entry) => lineOf(entry, inspect));
    rows(body, lines, running.checked ? 'Nothing of that kind yet.' : 'Off: the worker records nothing.', 5);
    if (number) body.querySelector<HTMLElement>(`[data-number="${number}"]`)?.focus();
  };
  const ask = () => {
    timer = undefined;
    if (!running.checked) return;
    attempt(async () => {
      // The worker reports unfinished requests, too. Query them again until they have ended.
      const ended = log.find(({ status }) => status === undefined)?.number ?? (log.at(-1)?.number ?? 0) + 1;
      const { entries } = await client.trace({ limit: KEPT, after: Math.max(0, ended - 1) });
      const first = entries[0]?.number ?? Infinity;
      log = [...log.filter(({ number }) => number < first), ...entries].slice(-KEPT);
      draw();
    });
    timer = setTimeout(ask, EVERY);
  };
  running.addEventListener('change', () => {
    clearTimeout(timer);
    if (running.checked) ask();
    else attempt(() => client.trace({ on: false }));
    draw();
  });
  for (const each of [layers, words, text]) each.addEventListener('input', draw);
  draw();
  const controls = make(
    'div',
    { className: 'controls' },
    make('label', {}, running, ' Note decisions'),
    make('label', {}, 'Layer ', layers),
    make('label', {}, 'Answer ', words),
    make('label', {}, 'Text ', text),
    button(
      'Empty',
      () => {
        log = log.slice(-1);
        draw();
      },
      'Empty the log',
    ),
  );
  return {
    element: section('Log', false, controls, box),
    show: (overview: InspectorOverview) =>
      choices(layers, [['', 'all'], ...overview.layers.map(({ layer }) => [layer, layer] as const)]),
    stop: () => clearTimeout(timer),
  };
}

/** The filter of the list; '' for any. */
interface Filter {
  layer: string;
  word: string;
  text: string;
}

const holds = ({ layer, tile, status, why, code }: TraceEntry, filter: Filter) =>
  (!filter.layer || layer === filter.layer) &&
  (!filter.word || status === filter.word) &&
  `${layer} ${tileText(tile)} ${why} ${status} ${code}`.includes(filter.text);

/** Returns the cells of a decision's row. */
function lineOf(entry: TraceEntry, inspect: PanelTools['inspect']): Array<string | Node> {
  const { layer, tile, startedAt, status, code, why, steps } = entry;
  const name = `${layer} ${tileText(tile)}`;
  const open = tile ? button(name, () => inspect({ layer, tile }), `Inspect ${name}`) : name;
  if (typeof open !== 'string') open.dataset['number'] = String(entry.number);
  return [
    new Date(startedAt).toLocaleTimeString(),
    open,
    `${status ?? 'on its way'}${code ? ` ${code}` : ''}`,
    why ?? 'nobody',
    steps.map(({ step, at, what }) => `${step} ${at} ms: ${what}`).join(' → '),
  ];
}
