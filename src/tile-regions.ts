import { TileRegionsElement } from './regions/element';

export { TileRegionsElement, type TileRegionsClient } from './regions/element';
export {
  showCoverage,
  type CoverageClient,
  type CoverageOptions,
  type CoverageTexts,
} from './regions/coverage-overlay';
export type { RegionTexts } from './regions/region-words';

declare global {
  interface HTMLElementTagNameMap {
    'tile-regions': TileRegionsElement;
  }
  interface HTMLElementEventMap {
    /** The error with which an action of `<tile-regions>` rejected. */
    regionerror: CustomEvent<unknown>;
  }
}

// Define the element once, even if the page loads two copies of the package. Servers have no custom elements.
if (globalThis.customElements && !customElements.get('tile-regions'))
  customElements.define('tile-regions', TileRegionsElement);
