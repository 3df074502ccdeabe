import { TileAgeElement } from './tile-age/element';

import type { TileAgeBinding, TileAgeClient } from './tile-age/element';
import type { TileAgeTexts } from './screen/words';

export { TileAgeElement, type TileAgeBinding, type TileAgeClient } from './tile-age/element';
export { describeScreen, type LayerScreen, type Screen } from './screen/describe';
export type { TileFacts } from './screen/tile-facts';
export { wordsFor, type TileAgeTexts } from './screen/words';
export type { TileAgeState, TileAgeSummary } from './tile-age/summary';

/** Attributes of `<tile-age>` in JSX; `client`, `binding` and `texts` are properties: set them by a ref where a library sets attributes only. */
export interface TileAgeAttributes {
  layer?: string;
  /** Seconds. @default 3600 */
  threshold?: number | string;
  'show-current'?: boolean | '';
  lang?: string;
  id?: string;
  class?: string;
  className?: string;
  style?: unknown;
  slot?: string;
  hidden?: boolean;
  ref?: unknown;
  key?: string | number | null;
  client?: TileAgeClient;
  binding?: TileAgeBinding;
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

// Two copies of the package on one page, or a server: neither may fail.
if (globalThis.customElements && !customElements.get('tile-age')) customElements.define('tile-age', TileAgeElement);
