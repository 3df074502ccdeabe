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
    /** What an action of `<tile-regions>` rejected with. */
    regionerror: CustomEvent<unknown>;
  }
}

// Two copies of the package on one page, or a server: neither may fail.
if (globalThis.customElements && !customElements.get('tile-regions'))
  customElements.define('tile-regions', TileRegionsElement);
