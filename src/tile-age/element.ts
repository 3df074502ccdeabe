import type { ClientEvents, ClientStatus } from '../page/types';
import { tileKey } from '../screen/tile-key';
import type { TileId } from '../shared/tile';
import type { TileFacts } from '../screen/tile-facts';
import { checkedWords, TEXTS, wordsFor, type TileAgeTexts } from '../screen/words';
import { STYLE } from './style';
import { type TileAgeSummary, createAnnouncer, summarise } from './summary';

/** The part of a client that the badge asks. */
export interface TileAgeClient {
  /** As `TileCacheClient.status`. */
  status(): ClientStatus;
  /** As `TileCacheClient.on`. */
  on(event: 'status', listener: (detail: ClientEvents['status']) => void): () => void;
}

/** The part of an adapter's binding that tells which tiles are on the screen. */
export interface TileAgeBinding {
  /** The layer's name in the worker. */
  readonly layer?: string;
  /** The tiles on the screen, in XYZ numbering. */
  tiles(): TileId[];
  /** What is known of one of them; undefined where nothing is. */
  age(tile: TileId): (Pick<TileFacts, 'age'> & Partial<TileFacts>) | undefined;
}

/** Seconds without a threshold of one's own. */
const HOUR = 3600;
/** Milliseconds between two looks at the clock, and between two announcements. */
const TICK = 5000;
const PAUSE = 15_000;

// A server that renders the page has no elements; the class is only a name there.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * `<tile-age layer="flood_zones" threshold="3600">`: a badge that says when what the map shows may be out of date.
 * Set `client`, and `binding` where there is one: then only tiles on the screen count. Attributes: `layer` (absent: all),
 * `threshold` in seconds (3600), `show-current` to say so too while all is well, and `text-old`, `text-offline`, … for
 * the words. The `state` attribute tells what is said, a `tileagechange` event each change of it. What the operator has to say
 * (`client.message` of the manifest) stands above. Parts: `badge`, `message`, `mark`, `text`, `checked`. Custom properties: `--tile-age-background`, `--tile-age-color`, `--tile-age-border`,
 * `--tile-age-font`, `--tile-age-radius`, `--tile-age-padding`, `--tile-age-accent`.
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

  /** Whose tiles are meant. */
  get client(): TileAgeClient | undefined {
    return this.#client;
  }
  set client(client: TileAgeClient | undefined) {
    this.#client = client;
    this.#listen();
  }

  /** What an adapter gave: then only the tiles on the screen count. */
  get binding(): TileAgeBinding | undefined {
    return this.#binding;
  }
  set binding(binding: TileAgeBinding | undefined) {
    this.#binding = binding;
    this.#update();
  }

  /** The layer's name; `null` for all. */
  get layer(): string | null {
    return this.getAttribute('layer');
  }
  set layer(layer: string | null) {
    if (layer === null) this.removeAttribute('layer');
    else this.setAttribute('layer', layer);
  }

  /** Seconds from which on tiles count as old. A value that is no number counts as the default. @default 3600 */
  get threshold(): number {
    const value = Number(this.getAttribute('threshold') || NaN);
    return value >= 0 ? value : HOUR;
  }
  set threshold(seconds: number) {
    this.setAttribute('threshold', String(seconds));
  }

  /** The words; attributes win. */
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
    // Properties set before the element was defined hide the accessors.
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

  /** The tiles on the screen: what the client knows of each, else what the binding does; else nobody knows. */
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
    // Before anything was heard of there is nothing to say.
    const words = state === 'unknown' && summary.tiles === 0 ? '' : wordsFor(summary, this.texts, language);
    const calm = state === 'current' || state === 'unknown';
    const loud = said !== '' || (words !== '' && (!calm || this.hasAttribute('show-current')));
    const rest = checkedWords(summary, this.texts, language);
    // The same words again would still be a change to whoever watches the element.
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
  // Apart from the badge: its age ticks on, and nobody wants to hear that.
  const live = document.createElement('span');
  live.setAttribute('role', 'status');
  live.className = 'live';
  root.append(live);
  return { message, text, checked, live };
}
