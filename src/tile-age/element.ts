import type { ClientEvents, ClientStatus } from '../page/types';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import type { TileFacts } from '../screen/tile-facts';
import { checkedWords, TEXTS, wordsFor, type TileAgeTexts } from '../screen/words';
import { STYLE } from './style';
import { type TileAgeSummary, createAnnouncer, summarise } from './summary';

/** The part of a client that the badge needs. */
export interface TileAgeClient {
  /** As `TileCacheClient.status`. */
  status(): ClientStatus;
  /** As `TileCacheClient.on`. */
  on(event: 'status', listener: (detail: ClientEvents['status']) => void): () => void;
}

/** The part of a map's binding that knows which tiles are on the screen. */
export interface TileAgeBinding {
  /** The layer's name in the worker. */
  readonly layer?: string;
  /** The tiles on the screen, in XYZ numbering. */
  tiles(): TileId[];
  /** Returns the facts about a tile, or `undefined` if nothing is known. */
  age(tile: TileId): (Pick<TileFacts, 'age'> & Partial<TileFacts>) | undefined;
}

/** The default threshold in seconds. */
const HOUR = 3600;
/** Milliseconds between two updates of the ages, and between two announcements to screen readers. */
const TICK = 5000;
const PAUSE = 15_000;

// On a server there are no elements; the class is then only a name.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * `<tile-age layer="flood_zones" threshold="3600">`: a badge that shows when the map may be out of date. Set `client`, and
 * `binding` if you have one: then only tiles on the screen count. Attributes: `layer` (absent: all layers), `threshold` in
 * seconds (3600), `show-current` to show the badge while the map is up to date as well, and `text-old`, `text-offline`, …
 * for the texts. The attribute `state` names the state; the event `tileagechange` reports each change. The operator's
 * message (`client.message` of the manifest) stands above the text. Parts: `badge`, `message`, `mark`, `text`, `checked`.
 * Custom properties: `--tile-age-background`, `--tile-age-color`, `--tile-age-border`, `--tile-age-font`,
 * `--tile-age-radius`, `--tile-age-padding`, `--tile-age-accent`.
 */
export class TileAgeElement extends Base {
  static readonly observedAttributes = [
    'layer',
    'threshold',
    'show-current',
    'lang',
    ...Object.keys(TEXTS).map((name) => `text-${name.toLowerCase()}`),
  ];

  #client: TileAgeClient | undefined;
  #binding: TileAgeBinding | undefined;
  #texts: Partial<TileAgeTexts> = {};
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #shown: Record<'message' | 'text' | 'checked' | 'live', HTMLElement> | undefined;
  #announce = createAnnouncer(PAUSE);

  /** The client whose tiles the badge describes. */
  get client(): TileAgeClient | undefined {
    return this.#client;
  }
  set client(client: TileAgeClient | undefined) {
    this.#client = client;
    this.#listen();
  }

  /** A map's binding: with it, only the tiles on its screen count. */
  get binding(): TileAgeBinding | undefined {
    return this.#binding;
  }
  set binding(binding: TileAgeBinding | undefined) {
    this.#binding = binding;
    this.#update();
  }

  /** The layer's name in the worker; `null` for all layers. */
  get layer(): string | null {
    return this.getAttribute('layer');
  }
  set layer(layer: string | null) {
    if (layer === null) this.removeAttribute('layer');
    else this.setAttribute('layer', layer);
  }

  /** Seconds after which tiles count as old. A value that is not a number counts as the default. @default 3600 */
  get threshold(): number {
    const value = Number(this.getAttribute('threshold') || NaN);
    return value >= 0 ? value : HOUR;
  }
  set threshold(seconds: number) {
    this.setAttribute('threshold', String(seconds));
  }

  /** The texts; attributes take precedence. */
  get texts(): TileAgeTexts {
    const own = Object.keys(TEXTS).flatMap((name) => {
      const value = this.getAttribute(`text-${name.toLowerCase()}`);
      return value === null ? [] : [[name, value]];
    });
    return { ...TEXTS, ...this.#texts, ...Object.fromEntries(own) };
  }
  set texts(texts: Partial<TileAgeTexts>) {
    this.#texts = texts;
    this.#update();
  }

  connectedCallback(): void {
    // A property set before the element was defined hides the accessor: set it again.
    for (const name of ['client', 'binding', 'texts', 'layer', 'threshold'] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (this as Partial<TileAgeElement>)[name];
      (this as Record<typeof name, unknown>)[name] = value;
    }
    this.#listen();
  }

  disconnectedCallback(): void {
    this.#silence();
  }

  attributeChangedCallback(): void {
    this.#update();
  }

  #listen(): void {
    this.#silence();
    if (!this.isConnected) return;
    this.#stop = this.#client?.on('status', () => this.#update());
    this.#timer = setInterval(() => this.#update(), TICK);
    this.#update();
  }

  #silence(): void {
    this.#stop?.();
    clearInterval(this.#timer);
    this.#stop = this.#timer = undefined;
  }

  /**
   * Returns the facts about the tiles on the screen: from the client, otherwise from the binding. `undefined` if
   * neither knows them.
   */
  #tiles(status: ClientStatus, of: string | undefined): TileFacts[] | undefined {
    const binding = this.#binding;
    if (!binding) return undefined;
    const known = new Map(status.layers[of ?? '']?.shown?.map((entry) => [tileKey(entry.tile), entry]));
    return binding
      .tiles()
      .map(
        (tile): TileFacts =>
          known.get(tileKey(tile)) ?? { status: 'hit', age: undefined, since: 0, ...binding.age(tile) },
      );
  }

  #update(): void {
    if (!this.isConnected || !this.#client) return;
    const now = Date.now();
    const { layer, threshold } = this;
    const status = this.#client.status();
    const of = this.#binding?.layer ?? layer ?? undefined;
    const question = { layer: layer ?? undefined, of, threshold, now, tiles: this.#tiles(status, of) };
    this.#show(summarise(status, question), now, status.message ?? '');
  }

  #show(summary: TileAgeSummary, now: number, said: string): void {
    const { state } = summary;
    this.#shown ??= build(this);
    const { message, text, checked: second, live } = this.#shown;
    const language = this.closest('[lang]')?.getAttribute('lang') ?? undefined;
    // Say nothing before the first tile.
    const words = state === 'unknown' && summary.tiles === 0 ? '' : wordsFor(summary, this.texts, language);
    const calm = state === 'current' || state === 'unknown';
    const loud = said !== '' || (words !== '' && (!calm || this.hasAttribute('show-current')));
    const rest = checkedWords(summary, this.texts, language);
    // Setting the same text again would still count as a change for observers.
    if (text.textContent !== words) text.textContent = words;
    if (second.textContent !== rest) second.textContent = rest;
    this.toggleAttribute('silent', !loud);
    if (this.#announce(state, now)) live.textContent = words;
    if (message.textContent !== said) message.textContent = live.textContent = said;
    if (this.getAttribute('state') === state) return;
    this.setAttribute('state', state);
    this.dispatchEvent(new CustomEvent<TileAgeSummary>('tileagechange', { bubbles: true, detail: summary }));
  }
}

function build(host: HTMLElement): Record<'message' | 'text' | 'checked' | 'live', HTMLElement> {
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const part = (name: string, parent: ParentNode) => {
    const element = document.createElement('span');
    element.part.add(name);
    parent.append(element);
    return element;
  };
  const badge = part('badge', root);
  const message = part('message', badge);
  message.dir = 'auto';
  part('mark', badge).ariaHidden = 'true';
  const text = part('text', badge);
  const checked = part('checked', badge);
  // A separate live region: the age in the badge changes all the time, and screen readers should not read each
  // change.
  const live = document.createElement('span');
  live.setAttribute('role', 'status');
  live.className = 'live';
  root.append(live);
  return { message, text, checked, live };
}
