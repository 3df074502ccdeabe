import { uncover } from '../page/uncover';
import { TEXTS, type TileAgeTexts } from '../screen/words';
import { createBadge } from './badge';
import type { TileAgeBinding, TileAgeClient } from './types';

export type { TileAgeBinding, TileAgeClient } from './types';

/** The default threshold in seconds. */
const HOUR = 3600;

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
  #badge = createBadge(this);

  /** The client whose tiles the badge describes. */
  get client(): TileAgeClient | undefined {
    return this.#client;
  }
  set client(client: TileAgeClient | undefined) {
    this.#client = client;
    this.#badge.listen();
  }

  /** A map's binding: with it, only the tiles on its screen count. */
  get binding(): TileAgeBinding | undefined {
    return this.#binding;
  }
  set binding(binding: TileAgeBinding | undefined) {
    this.#binding = binding;
    this.#badge.update();
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
    return { ...TEXTS, ...this.#texts, ...textsIn(this) };
  }
  set texts(texts: Partial<TileAgeTexts>) {
    this.#texts = texts;
    this.#badge.update();
  }

  connectedCallback(): void {
    uncover(this, ['client', 'binding', 'texts', 'layer', 'threshold']);
    this.#badge.listen();
  }

  disconnectedCallback(): void {
    this.#badge.silence();
  }

  attributeChangedCallback(): void {
    this.#badge.update();
  }
}

/** Returns the texts that are attributes. */
const textsIn = (element: Element): Partial<TileAgeTexts> =>
  Object.fromEntries(
    Object.keys(TEXTS).flatMap((name) => {
      const value = element.getAttribute(`text-${name.toLowerCase()}`);
      return value === null ? [] : [[name, value]];
    }),
  );
