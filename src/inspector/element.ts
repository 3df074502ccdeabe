import { uncover } from '../page/uncover';
import { button, make } from './dom';
import { createPanel, type Panel } from './panel';
import { STYLE } from './style';
import type { PanelTools, TileInspectorBinding, TileInspectorClient } from './types';

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
  #panel: Panel | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

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
    this.#panel?.inspect(what);
  }

  connectedCallback(): void {
    uncover(this, ['client', 'bindings']);
    this.disconnectedCallback();
    const client = this.#client;
    if (!client) return;
    const panel = createPanel(client, () => this.#bindings);
    this.#panel = panel;
    this.#build(panel);
    const look = async () => {
      // Do not query the worker while the page or the panel is hidden.
      if (document.visibilityState !== 'hidden' && !this.hidden) await panel.look();
      const isCurrent = this.#client === client && this.#panel === panel;
      if (this.isConnected && isCurrent) this.#timer = setTimeout(() => void look(), EVERY);
    };
    void look();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    this.#panel?.stop();
  }

  #build(panel: Panel): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    // A page's Content-Security-Policy may forbid <style>, but not a constructed sheet.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const close = this.hasAttribute('floating') ? [button('Close', () => this.remove(), 'Close the inspector')] : [];
    const head = make('div', { className: 'head' }, make('h2', {}, 'Tile inspector'), ...close);
    root.replaceChildren(head, ...panel.elements);
  }
}
