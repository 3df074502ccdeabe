import type { RegionInfo } from '../shared/regions';
import { type Action, createRow, part, type Row } from './element-row';
import { STYLE } from './element-style';
import type { RegionTexts } from './region-words';

/** Shows the regions, with these texts in this language. `quiet`: without telling screen readers what is new. */
export type ShowRegions = (
  regions: ReadonlyMap<string, RegionInfo>,
  texts: RegionTexts,
  language: string | undefined,
  quiet: boolean,
) => void;

/** Builds the list in the element's shadow. Calls `act` for the buttons. */
export function createRegionList(host: HTMLElement, act: (id: string, action: Action) => void): ShowRegions {
  const rows = new Map<string, Row>();
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  // A page's Content-Security-Policy may forbid <style>, but not a constructed sheet.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const list = part('ul', 'list');
  list.tabIndex = -1;
  // Safari takes a list without bullets for no list.
  list.setAttribute('role', 'list');
  const empty = part('p', 'empty');
  const live = document.createElement('div');
  live.className = 'live';
  live.setAttribute('role', 'status');
  root.replaceChildren(list, empty, live);

  function rowOf(id: string): Row {
    const found = rows.get(id);
    if (found) return found;
    const row = createRow((action) => act(id, action));
    rows.set(id, row);
    list.append(row.item);
    return row;
  }

  return (regions, texts, language, quiet) => {
    const tell = (name: string, words: string) => quiet || (live.textContent = `${name}: ${words}`);
    empty.textContent = texts.empty;
    empty.hidden = regions.size > 0;
    for (const [id, row] of rows)
      if (!regions.has(id)) {
        // Keep the focus in the list when the row with the focus goes.
        if (row.item.contains(root.activeElement)) list.focus();
        row.item.remove();
        rows.delete(id);
        tell(row.name(), texts.removed);
      }
    for (const [id, region] of regions) {
      const told = rowOf(id).show(region, texts, language);
      // Screen readers announce states, but not every tile.
      if (told) tell(region.name, told);
    }
  };
}
