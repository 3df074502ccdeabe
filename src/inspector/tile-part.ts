import type { TileInspection } from '../shared/inspect';
import { tileBBox } from '../shared/tile-math';
import { button, keepFocus, make, section, sureButton } from './dom';
import { bytesText, secondsText, tileText } from './format';
import { watchPicks } from './pick';
import type { PanelPart, PanelTools } from './types';

type What = Parameters<PanelTools['inspect']>[0];

/** Creates the part about one tile, given by its URL or place, or picked on the map. */
export function tilePart(tools: PanelTools): PanelPart & { inspect: PanelTools['inspect'] } {
  const { client, bindings, attempt, say } = tools;
  const input = make('input', { type: 'text', name: 'tile', autocomplete: 'off', spellcheck: false });
  const result = make('div', { className: 'result' });
  const form = make(
    'form',
    {},
    make('label', {}, 'URL, or layer and z/x/y ', input),
    make('button', { type: 'submit', part: 'button' }, 'Inspect'),
  );
  let stopPicking: (() => void) | undefined;
  const pick = button('Pick on the map', () => setPicking(stopPicking === undefined));
  pick.setAttribute('aria-pressed', 'false');
  form.append(pick);
  const element = section('Tile', true, form, result);

  const setPicking = (on: boolean) => {
    stopPicking?.();
    stopPicking = on ? watchPicks(bindings(), (layer, tile) => inspect({ layer, tile })) : undefined;
    pick.setAttribute('aria-pressed', String(on));
    if (on) say(bindings().length > 0 ? 'Click a tile on the map.' : 'No layer of the map is bound.');
  };

  const inspect = (what: What) => {
    element.open = true;
    input.value = typeof what === 'string' ? what : `${what.layer} ${tileText(what.tile)}`;
    attempt(async () => {
      const told = await client.inspect(what);
      keepFocus(result, () => result.replaceChildren(...describe(told, tools, () => inspect(what))));
      say(told.words[0] ?? '');
    });
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    inspect(readTile(input.value));
  });
  return { element, inspect, show: () => (pick.hidden = bindings().length === 0), stop: () => setPicking(false) };
}

/** Reads an input: `roads 6/33/22` is a tile, anything else a URL. */
function readTile(text: string): What {
  const [, layer, z, x, y] = /^(.+?)\s+(\d+)\/(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  return layer ? { layer, tile: { z: Number(z), x: Number(x), y: Number(y) } } : text.trim();
}

function describe(told: TileInspection, tools: PanelTools, again: () => void): Node[] {
  const { layer, tile, answer, offline, stored, ledger } = told;
  const facts: Array<[string, string]> = [
    ['Answer now', `${answer.kind}: ${answer.reason.token}`],
    ['Offline', `${offline.shown ? 'shown' : 'a hole'}: ${offline.reason.token}`],
    ['Version in force', ledger?.version ?? 'none'],
  ];
  if (stored)
    facts.push(
      ['Stored', `${bytesText(stored.bytes)}, ${stored.type ?? 'no type'}, status ${stored.status}`],
      [
        'Age',
        `${stored.ageKnown ? '' : 'at least '}${secondsText(stored.age)} of ${secondsText(stored.lifetime)} (${stored.lifetimeFrom})`,
      ],
      ['Version', stored.version || 'none'],
      ['Epoch', `${stored.epoch} of ${ledger?.epoch ?? 'unknown'}`],
      [
        'Lies in',
        stored.region === undefined
          ? `an entry of the cache ${stored.cache ? `of ${stored.cache}` : 'without a version'}`
          : `the pack of region ${stored.region}`,
      ],
    );
  const list = make('dl', {}, ...facts.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
  const words = make('ul', { className: 'words' }, ...told.words.map((each) => make('li', {}, each)));
  const title = make('h4', {}, layer ? `${layer} ${tileText(tile)}` : 'Not in any layer');
  const data = make(
    'details',
    {},
    make('summary', {}, 'As data'),
    make('pre', { tabIndex: 0 }, JSON.stringify(told, undefined, 1)),
  );
  return [title, words, list, ...(layer && tile ? [actionsFor(layer, tile, tools, again)] : []), data];
}

function actionsFor(
  layer: string,
  tile: { z: number; x: number; y: number },
  { client, attempt, say }: PanelTools,
  again: () => void,
): HTMLElement {
  const here = { layer, bbox: tileBBox(tile), zooms: [tile.z, tile.z] as [number, number], buffer: 0 };
  const run = (mode: 'purge' | 'stale', words: string) => () =>
    attempt(async () => {
      await client.invalidate({ ...here, mode });
      say(`${layer} ${tileText(tile)}: ${words}.`);
      again();
    });
  const name = `${layer} ${tileText(tile)}`;
  return make(
    'span',
    { className: 'actions' },
    button('Refresh', again, `Inspect ${name} again`),
    button('Mark stale', run('stale', 'marked stale'), `Mark ${name} and what touches it stale`),
    sureButton('Purge', `Purge ${name} and what touches it`, run('purge', 'purged')),
  );
}
