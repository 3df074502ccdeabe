import type { ClientEvents } from '../page/types';
import type { RegionInfo } from '../shared/regions';
import { STYLE } from './element-style';
import { factsOf, fill, REGION_TEXTS, type RegionTexts } from './region-words';
import type { RegionsApi } from '../page/region-types';

/** The part of a client that the list needs. */
export interface TileRegionsClient {
  /** As `TileCacheClient.regions`. */
  readonly regions: Pick<RegionsApi, 'list' | 'pause' | 'resume' | 'update' | 'remove'>;
  /** As `TileCacheClient.on`. */
  on(event: 'region', listener: (detail: ClientEvents['region']) => void): () => void;
}

type Action = 'pause' | 'resume' | 'update' | 'remove';

// On a server there are no elements; the class is then only a name.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Milliseconds between two updates of the ages. */
const TICK = 30_000;
const WORKING = new Set(['waiting', 'downloading', 'updating']);

/** Returns the actions that a region's state allows. */
function actionsFor({ state }: RegionInfo): Action[] {
  if (WORKING.has(state)) return ['pause', 'remove'];
  if (state === 'paused' || state === 'failed' || state === 'incomplete') return ['resume', 'remove'];
  return ['update', 'remove'];
}

/**
 * `<tile-regions>`: the offline regions of this device, each with its progress, size and age, and buttons to pause, resume,
 * update and remove it. Set `client`. `texts` replaces the texts. If an action fails, a `regionerror` event carries its
 * error. Parts: `region`, `name`, `state`, `progress`, `facts`, `actions`, `button`, `empty`. Custom properties:
 * `--tile-regions-background`, `--tile-regions-color`, `--tile-regions-accent`, `--tile-regions-font`.
 */
export class TileRegionsElement extends Base {
  static readonly observedAttributes = ['lang'];

  #client: TileRegionsClient | undefined;
  #texts: Partial<RegionTexts> = {};
  #regions = new Map<string, RegionInfo>();
  #rows = new Map<string, Row>();
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #shell: { list: HTMLElement; empty: HTMLElement; live: HTMLElement } | undefined;

  get client(): TileRegionsClient | undefined {
    return this.#client;
  }

  set client(client: TileRegionsClient | undefined) {
    this.#client = client;
    if (this.isConnected) this.connectedCallback();
  }

  get texts(): Partial<RegionTexts> {
    return this.#texts;
  }

  set texts(texts: Partial<RegionTexts>) {
    this.#texts = texts;
    this.#render();
  }

  connectedCallback(): void {
    this.disconnectedCallback();
    const client = this.#client;
    this.#timer = setInterval(() => this.#render(), TICK);
    if (client) {
      // The list may be older than what the worker has told since it was asked.
      const told = new Set<string>();
      const stop = (this.#stop = client.on('region', ({ region, removed }) => {
        told.add(region.id);
        if (removed) this.#regions.delete(region.id);
        else this.#regions.set(region.id, region);
        this.#render();
      }));
      client.regions.list().then(
        (all) => {
          // Another client, or a list that is asked anew.
          if (this.#stop !== stop) return;
          const known = [...this.#regions.values()].filter(({ id }) => told.has(id));
          const listed = all.filter(({ id }) => !told.has(id));
          this.#regions = new Map([...listed, ...known].map((region) => [region.id, region]));
          this.#render();
        },
        (error: unknown) => this.#failed(error),
      );
    }
    this.#render();
  }

  disconnectedCallback(): void {
    this.#stop?.();
    clearInterval(this.#timer);
    this.#stop = this.#timer = undefined;
  }

  attributeChangedCallback(): void {
    this.#render();
  }

  #render(): void {
    if (!this.isConnected) return;
    const texts = { ...REGION_TEXTS, ...this.#texts };
    const { list, empty, live } = (this.#shell ??= this.#build());
    empty.textContent = texts.empty;
    empty.hidden = this.#regions.size > 0;
    for (const [id, row] of this.#rows)
      if (!this.#regions.has(id)) {
        // Keep the focus in the list when the row with the focus goes.
        if (row.item.contains(this.shadowRoot!.activeElement)) list.focus();
        row.item.remove();
        this.#rows.delete(id);
      }
    for (const [id, region] of this.#regions) {
      let row = this.#rows.get(id);
      if (!row) {
        row = createRow((action) => void this.#act(id, action));
        this.#rows.set(id, row);
        list.append(row.item);
      }
      const told = row.show(region, texts, this.lang || undefined);
      // Screen readers announce states, but not every tile.
      if (told) live.textContent = `${region.name}: ${told}`;
    }
  }

  #build() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const style = document.createElement('style');
    style.textContent = STYLE;
    const list = part('ul', 'list');
    list.tabIndex = -1;
    const empty = part('p', 'empty');
    const live = document.createElement('div');
    live.className = 'live';
    live.setAttribute('role', 'status');
    root.replaceChildren(style, list, empty, live);
    return { list, empty, live };
  }

  async #act(id: string, action: Action): Promise<void> {
    try {
      await this.#client?.regions[action](id);
      if (action === 'remove') this.#regions.delete(id);
      this.#render();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.dispatchEvent(new CustomEvent('regionerror', { detail: error, bubbles: true, composed: true }));
  }
}

interface Row {
  item: HTMLElement;
  /** Updates the row. Returns the words for the state if it has changed, otherwise `undefined`. */
  show(region: RegionInfo, texts: RegionTexts, language: string | undefined): string | undefined;
}

function createRow(act: (action: Action) => void): Row {
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
    show(region, texts, language) {
      const now = Date.now();
      const words = fill(texts[region.state], region, now, language);
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
      const changed = before !== region.state;
      before = region.state;
      return changed ? words : undefined;
    },
  };
}

function part(tag: string, name: string): HTMLElement {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  return element;
}
