import { type TileAgeBinding, type TileAgeClient, TileAgeElement } from './tile-age/element';

import type { TileAgeTexts } from './screen/words';

export { TileAgeElement, type TileAgeBinding, type TileAgeClient } from './tile-age/element';
export { describeScreen, type LayerScreen, type Screen } from './screen/describe';
export type { TileFacts } from './screen/tile-facts';
export { wordsFor, type TileAgeTexts } from './screen/words';
export type { TileAgeState, TileAgeSummary } from './tile-age/summary';

/** Attributes of `<tile-age>` in JSX; `client`, `binding` and `texts` are properties: set them by a ref where a library sets attributes only. */
export interface TileAgeAttributes {
  /** The layer's name in the worker. @default every layer */
  layer?: string;
  /** Seconds. @default 3600 */
  threshold?: number | string;
  /** Also says that everything is current. @default false */
  'show-current'?: boolean | '';
  /** The language of the texts, a BCP 47 tag. @default that of the document */
  lang?: string;
  /** As on any element. */
  id?: string;
  /** As on any element. */
  class?: string;
  /** As on any element, in React. */
  className?: string;
  /** As on any element. */
  style?: unknown;
  /** As on any element. */
  slot?: string;
  /** As on any element. */
  hidden?: boolean;
  /** As on any element, in React. */
  ref?: unknown;
  /** As on any element, in React. */
  key?: string | number | null;
  /** The page's client, from `createTileCacheClient()`. */
  client?: TileAgeClient;
  /** A map's binding: only tiles on its screen count. */
  binding?: TileAgeBinding;
  /** Texts in place of the built-in ones. */
  texts?: Partial<TileAgeTexts>;
  [text: `text-${string}`]: string | undefined;
}

declare global {
  // For JSX that looks for elements in the global namespace; React 19 has one of its own (docs/tile-age.md).
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace JSX {
    interface IntrinsicElements {
      'tile-age': TileAgeAttributes;
    }
  }
  interface HTMLElementTagNameMap {
    'tile-age': TileAgeElement;
  }
  interface HTMLElementEventMap {
    tileagechange: CustomEvent<import('./tile-age/summary').TileAgeSummary>;
  }
}

// Define the element once, even if the page loads two copies of the package. Servers have no custom elements.
if (globalThis.customElements && !customElements.get('tile-age')) customElements.define('tile-age', TileAgeElement);
