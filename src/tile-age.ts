import { TileAgeElement } from './tile-age/element';

export { TileAgeElement, type TileAgeBinding, type TileAgeClient } from './tile-age/element';
export { describeScreen, type LayerScreen, type Screen } from './screen/describe';
export type { TileFacts } from './screen/tile-facts';
export { wordsFor, type TileAgeTexts } from './screen/words';
export type { TileAgeState, TileAgeSummary } from './tile-age/summary';

declare global {
  interface HTMLElementTagNameMap {
    'tile-age': TileAgeElement;
  }
  interface HTMLElementEventMap {
    tileagechange: CustomEvent<import('./tile-age/summary').TileAgeSummary>;
  }
}

// Two copies of the package on one page, or a server: neither may fail.
if (globalThis.customElements && !customElements.get('tile-age')) customElements.define('tile-age', TileAgeElement);
