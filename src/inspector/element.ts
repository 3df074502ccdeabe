import type { InspectorOverview } from '../shared/inspect-commands';
import { button, make } from './dom';
import { layersPart } from './layers-part';
import { logPart } from './log-part';
import { pagePart } from './page-part';
import { roomPart, rulesPart } from './rules-part';
import { storedPart } from './stored-part';
import { STYLE } from './style';
import { tilePart } from './tile-part';
import type { PanelPart, PanelTools, TileInspectorBinding, TileInspectorClient } from './types';

// On a server there are no elements; the class is then only a name.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** Milliseconds between two queries to the worker. */
const EVERY = 2000;

/**
 * `<tile-inspector>`: layers, stored tiles, rules, regions, quota and the worker's decisions, for developers and operators.
 * Set `client`. If you set `bindings` to the adapters' bindings, a click on the map inspects its tile. Needs
 * `inspect: inspector()` in the worker, and reports if that is missing. With the attribute `floating`, it stays at the
 * page's edge. Parts: `section`, `button`. Custom properties: `--tile-inspector-background`, `--tile-inspector-color`,
 * `--tile-inspector-font`.
 */
export class TileInspectorElement extends Base {
  #client: TileInspectorClient | undefined;
  #bindings: readonly TileInspectorBinding[] = [];
  #parts: PanelPart[] = [];
  #inspect: PanelTools['inspect'] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #said: HTMLElement | undefined;

  /** The page's client. */
  get client(): TileInspectorClient | undefined {
    return this.#client;
  }

  set client(client: TileInspectorClient | undefined) {
    this.#client = client;
    if (this.isConnected) this.connectedCallback();
  }

  /** The bindings of the map's layers, from the adapters. */
  get bindings(): readonly TileInspectorBinding[] {
    return this.#bindings;
  }

  set bindings(bindings: readonly TileInspectorBinding[]) {
    this.#bindings = bindings;
  }

  /** Shows the worker's facts about a tile, given by its URL or by its layer and place. */
  inspect(what: Parameters<PanelTools['inspect']>[0]): void {
    this.#inspect?.(what);
  }

  connectedCallback(): void {
    this.disconnectedCallback();
    const client = this.#client;
    if (!client) return;
    this.#build(client);
    const look = async () => {
      // Do not query the worker while the page or the panel is hidden.
      if (document.visibilityState !== 'hidden' && !this.hidden) await this.#look(client);
      if (this.isConnected && this.#client === client) this.#timer = setTimeout(() => void look(), EVERY);
    };
    void look();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    for (const part of this.#parts) part.stop?.();
    this.#parts = [];
  }

  async #look(client: TileInspectorClient): Promise<void> {
    try {
      const overview: InspectorOverview = await client.inspector('overview');
      for (const part of this.#parts) part.show(overview);
      if (this.#said?.dataset['bad']) this.#say('');
    } catch (error) {
      this.#failed(error);
    }
  }

  #build(client: TileInspectorClient): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    // A page's Content-Security-Policy may forbid <style>, but not a constructed sheet.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const said = make('p', { className: 'said', role: 'status' });
    this.#said = said;
    const tools: PanelTools = {
      client,
      bindings: () => this.#bindings,
      say: (words) => this.#say(words),
      attempt: (work) => void work().catch((error: unknown) => this.#failed(error)),
      inspect: (what) => tile.inspect(what),
    };
    const tile = tilePart(tools);
    this.#inspect = tile.inspect;
    this.#parts = [
      layersPart(tools),
      tile,
      logPart(tools),
      storedPart(tools),
      rulesPart(),
      roomPart(tools),
      pagePart(tools),
    ];
    const close = this.hasAttribute('floating') ? [button('Close', () => this.remove(), 'Close the inspector')] : [];
    const head = make('div', { className: 'head' }, make('h2', {}, 'Tile inspector'), ...close);
    root.replaceChildren(head, said, ...this.#parts.map(({ element }) => element));
  }

  #say(words: string): void {
    if (!this.#said) return;
    delete this.#said.dataset['bad'];
    this.#said.textContent = words;
  }

  #failed(error: unknown): void {
    if (!this.#said) return;
    const { message, remedy, field } = error as { message?: string; remedy?: string; field?: string };
    const words =
      field === 'inspect'
        ? "This worker has no inspector. Pass inspect: inspector() of 'sw-tile-cache/sw/inspect' to createTileCache."
        : [message ?? String(error), remedy].filter(Boolean).join(' ');
    if (this.#said.textContent !== words) this.#said.textContent = words;
    this.#said.dataset['bad'] = 'true';
  }
}
