import type { RegionInfo } from '../shared/regions';
import { factsOf, fill, type RegionTexts, stateText } from './region-words';

/** What a button of a region does. */
export type Action = 'pause' | 'resume' | 'update' | 'remove';

const WORKING = new Set(['waiting', 'downloading', 'updating']);

/** Returns the actions that a region's state allows. */
function actionsFor({ state }: RegionInfo): Action[] {
  if (WORKING.has(state)) return ['pause', 'remove'];
  if (state === 'paused' || state === 'failed' || state === 'incomplete') return ['resume', 'remove'];
  return ['update', 'remove'];
}

/** One region in the list. */
export interface Row {
  item: HTMLElement;
  /** Returns the region's name, as shown. */
  name(): string;
  /** Updates the row. Returns the words for the state if it has changed, otherwise `undefined`. */
  show(region: RegionInfo, texts: RegionTexts, language: string | undefined): string | undefined;
}

/** Creates the row of a region. Calls `act` for its buttons. */
export function createRow(act: (action: Action) => void): Row {
  const item = part('li', 'region');
  const name = part('span', 'name');
  const state = part('span', 'state');
  const progress = part('progress', 'progress') as HTMLProgressElement;
  const facts = part('span', 'facts');
  const actions = part('div', 'actions');
  const buttons = (['pause', 'resume', 'update', 'remove'] as const).map((action) => {
    const button = part('button', 'button') as HTMLButtonElement;
    button.type = 'button';
    button.addEventListener('click', () => act(action));
    return { action, button };
  });
  actions.append(...buttons.map(({ button }) => button));
  item.append(name, state, progress, facts, actions);
  let before: string | undefined;
  return {
    item,
    name: () => name.textContent,
    show(region, texts, language) {
      const now = Date.now();
      const text = stateText(region, texts);
      const words = fill(text, region, now, language);
      item.dataset['state'] = region.state;
      name.textContent = region.name;
      state.textContent = words;
      facts.textContent = factsOf(region, texts, now, language);
      progress.max = Math.max(1, region.total);
      progress.value = region.tiles;
      progress.hidden = region.state === 'complete' || region.state === 'outdated';
      progress.setAttribute('aria-label', fill(texts.progress, region, now, language));
      const may = actionsFor(region);
      const { activeElement } = item.getRootNode() as ShadowRoot;
      for (const { action, button } of buttons) {
        button.hidden = !may.includes(action);
        button.textContent = texts[action];
        button.setAttribute('aria-label', `${texts[action]}: ${region.name}`);
      }
      // A hidden button would lose the focus to the page. The first action takes its place.
      if (buttons.some(({ button }) => button.hidden && button === activeElement))
        buttons.find(({ button }) => !button.hidden)!.button.focus();
      const changed = before !== text;
      before = text;
      return changed ? words : undefined;
    },
  };
}

/** Creates an element that pages can style as a part. */
export function part(tag: string, name: string): HTMLElement {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  return element;
}
