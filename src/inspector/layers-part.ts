import type { InspectorOverview } from '../shared/inspect-commands';
import { make, rows, section, sureButton, table, button } from './dom';
import { bytesText, secondsText, sinceText, tilesText } from './format';
import type { PanelPart, PanelTools } from './types';

/** Number of samples that the lines show. */
const MOST = 60;

interface Sample {
  hits: number | undefined;
  median: number | undefined;
}

/** Creates the part about layers: their versions, hits and ages, now and over time, with buttons for actions. */
export function layersPart({ client, attempt, say }: PanelTools): PanelPart {
  const heads = ['Layer', 'Version', 'Hits', 'Median age', 'Last minutes', 'Stored', 'Confirmed', 'Actions'];
  const { box, body } = table('Layers', heads);
  box.classList.add('layers');
  const history = new Map<string, Sample[]>();
  // Reuse the buttons at each update, so that they keep the focus.
  const actions = new Map<string, HTMLElement>();

  const actionsOf = (layer: string) => {
    const known = actions.get(layer);
    if (known) return known;
    const done = (words: string) => () => say(`${layer}: ${words}.`);
    const made = make(
      'span',
      { className: 'actions' },
      button(
        'Mark stale',
        () => attempt(() => client.invalidate({ layer, mode: 'stale' }).then(done('marked stale'))),
        `Mark ${layer} stale`,
      ),
      sureButton('Purge', `Purge ${layer}`, () => attempt(() => client.invalidate({ layer }).then(done('purged')))),
      sureButton('Forget', `Forget ${layer}`, () => attempt(() => client.clear({ layer }).then(done('forgotten')))),
    );
    actions.set(layer, made);
    return made;
  };

  return {
    element: section('Layers', true, box),
    show({ layers }: InspectorOverview) {
      const now = Date.now();
      const status = client.status().layers;
      const active = (box.getRootNode() as ShadowRoot).activeElement;
      const lines = layers.map(({ layer, version, tiles, bytes, confirmedAt, dead }) => {
        const { counts, median } = status[layer] ?? {};
        const all = counts ? Object.values(counts).reduce((sum, each) => sum + each, 0) : 0;
        const hits = counts && all > 0 ? (counts.hit + counts.stale) / all : undefined;
        const samples = [...(history.get(layer) ?? []), { hits, median }].slice(-MOST);
        history.set(layer, samples);
        return [
          dead ? `${layer} (network dead)` : layer,
          version ?? 'none',
          hits === undefined ? 'none yet' : `${Math.round(hits * 100)} % of ${all}`,
          median === undefined ? 'unknown' : secondsText(median),
          lineOf(layer, samples),
          `${tilesText(tiles)}, ${bytesText(bytes)}`,
          sinceText(confirmedAt, now),
          actionsOf(layer),
        ] as const;
      });
      rows(body, lines, 'No page has requested a layer yet.', heads.length);
      if (active instanceof HTMLElement && body.contains(active)) active.focus();
    },
  };
}

/** Draws the hits of the last samples as bars and the median age as a line, with a text alternative. */
function lineOf(layer: string, samples: readonly Sample[]): Node {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const oldest = Math.max(1, ...samples.map(({ median }) => median ?? 0));
  const ages = samples.map(({ median }) => median).filter((age) => age !== undefined);
  const [first, last] = [ages[0], ages.at(-1)];
  svg.setAttribute('viewBox', `0 0 ${MOST} 20`);
  svg.setAttribute('role', 'img');
  svg.setAttribute(
    'aria-label',
    `${layer}: median age from ${secondsText(first)} to ${secondsText(last)} in ${samples.length === 1 ? 'one look' : `${samples.length} looks`}`,
  );
  samples.forEach(({ hits }, i) => {
    if (hits === undefined) return;
    const bar = document.createElementNS(ns, 'rect');
    const height = Math.max(0.5, hits * 20);
    for (const [name, value] of Object.entries({ x: i, y: 20 - height, width: 1, height }))
      bar.setAttribute(name, `${value}`);
    svg.append(bar);
  });
  const line = document.createElementNS(ns, 'polyline');
  const points = samples.flatMap(({ median }, i) =>
    median === undefined ? [] : [`${i},${19 - (median / oldest) * 18}`],
  );
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
}
