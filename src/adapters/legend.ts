/** One row of a legend: a colour, or a kind of edge. */
export interface LegendRow {
  colour?: string;
  edge?: 'dashed' | 'crossed';
  text: string;
}

const STYLE = `
:host{display:block;font:12px/1.5 system-ui,sans-serif}
div{padding:6px 10px;border-radius:6px;background:#ffffffe6;color:#111;box-shadow:0 1px 4px #0005}
b{display:block}
ul{margin:0;padding:0;list-style:none}
i{display:inline-block;width:14px;height:14px;margin-inline-end:7px;vertical-align:-2px;border-radius:2px;box-sizing:border-box;forced-color-adjust:none}
@media (prefers-color-scheme:dark){div{background:#1c1f24e6;color:#f2f2f2}}
@media (forced-colors:active){div{border:1px solid CanvasText}}`;

function swatch({ colour, edge }: LegendRow): HTMLElement {
  const box = document.createElement('i');
  if (colour) box.style.background = colour;
  if (edge === 'dashed') box.style.border = '2px dashed currentColor';
  if (edge === 'crossed')
    box.style.background =
      'linear-gradient(45deg,transparent 45%,currentColor 45% 55%,transparent 55%),linear-gradient(-45deg,transparent 45%,currentColor 45% 55%,transparent 55%)';
  return box;
}

/** Creates a legend in a shadow root, which the page's own styles do not reach. */
export function createLegend(title: string, rows: readonly LegendRow[]): HTMLElement {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  // A page's Content-Security-Policy may forbid <style>, but not a constructed sheet.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const box = document.createElement('div');
  const heading = document.createElement('b');
  heading.textContent = title;
  const list = document.createElement('ul');
  for (const row of rows) {
    const item = document.createElement('li');
    item.append(swatch(row), row.text);
    list.append(item);
  }
  box.append(heading, list);
  root.append(box);
  return host;
}

/** The element that holds a map's legends, one above the other, by the map's element. */
const stacks = new WeakMap<Element, HTMLElement>();

/** Shows a legend on a map, below those that the map already has. It lets clicks through. */
export function addLegend(container: Element, legend: HTMLElement): void {
  const stack = stacks.get(container) ?? document.createElement('div');
  stack.style.cssText =
    'position:absolute;left:10px;bottom:24px;z-index:1000;pointer-events:none;display:grid;gap:6px;justify-items:start';
  stacks.set(container, stack);
  stack.append(legend);
  container.append(stack);
}

/** Removes a legend, and the element that holds the map's legends if it was the last one. */
export function removeLegend(legend: HTMLElement): void {
  const stack = legend.parentElement;
  legend.remove();
  if (stack?.childElementCount === 0) stack.remove();
}
