import { refuseUnknown } from './shared/validate';
import { TileInspectorElement } from './inspector/element';
import type { TileInspectorBinding, TileInspectorClient } from './inspector/types';

export { TileInspectorElement } from './inspector/element';
export type { TileInspectorBinding, TileInspectorClient } from './inspector/types';

declare global {
  interface HTMLElementTagNameMap {
    'tile-inspector': TileInspectorElement;
  }
}

// Define the element once, even if the page loads two copies of the package. Servers have no custom elements.
if (globalThis.customElements && !customElements.get('tile-inspector'))
  customElements.define('tile-inspector', TileInspectorElement);

/**
 * Adds the panel to the page's edge, in one line: `showTileInspector(client, { bindings: [binding] })`. `remove()`
 * removes it. Throws `INVALID_OPTION` for an unknown option.
 */
export function showTileInspector(
  client: TileInspectorClient,
  options: { bindings?: readonly TileInspectorBinding[] } = {},
): TileInspectorElement {
  refuseUnknown(options, { bindings: true });
  const panel = document.createElement('tile-inspector');
  panel.setAttribute('floating', '');
  panel.setAttribute('role', 'complementary');
  panel.setAttribute('aria-label', 'Tile inspector');
  panel.client = client;
  panel.bindings = options.bindings ?? [];
  document.body.append(panel);
  return panel;
}
