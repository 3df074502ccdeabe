import type { InspectorOverview } from '../shared/inspect-commands';
import type { StoredEntry, ZoomCounts } from '../shared/inspect-entries';
import { button, choices, make, offer, rows, section, table } from './dom';
import { bytesText, secondsText, tilesText, tileText } from './format';
import type { PanelPart, PanelTools } from './types';

/** Maximum number of pages of a count. */
const MOST_PAGES = 200;
const LISTED = 50;

/** Creates the part about stored tiles: their number at each zoom, and a list of them, page by page. */
export function storedPart({ client, attempt, say, inspect }: PanelTools): PanelPart {
  const layers = make('select', { name: 'stored-layer' });
  const older = make('input', { type: 'number', name: 'older', min: 0, step: 1, placeholder: '0' });
  const zooms = table('Stored tiles by zoom', ['Zoom', 'Tiles', 'Bytes']);
  const list = table('Stored tiles', ['Tile', 'Age', 'Version', 'Bytes', 'Status']);
  rows(zooms.body, [], 'Not counted yet.', 3);
  rows(list.body, [], 'Not listed yet.', 5);
  let entries: StoredEntry[] = [];
  let cursor: string | undefined;

  const chosen = () => (layers.value ? { layer: layers.value } : {});
  const count = async () => {
    const sums: ZoomCounts['zooms'] = {};
    let from: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const part = await client.inspector('zooms', { ...chosen(), ...(from !== undefined && { cursor: from }) });
      for (const [zoom, { tiles, bytes }] of Object.entries(part.zooms)) {
        const sum = (sums[zoom] ??= { tiles: 0, bytes: 0 });
        sum.tiles += tiles;
        sum.bytes += bytes;
      }
      from = part.cursor;
      if (from === undefined) break;
    }
    const most = Math.max(1, ...Object.values(sums).map(({ tiles }) => tiles));
    const lines = Object.entries(sums).map(([zoom, { tiles, bytes }]) => {
      const bar = make('meter', { max: most, value: tiles, 'aria-label': `${tilesText(tiles)} at zoom ${zoom}` });
      return [zoom, make('span', {}, bar, ` ${tiles}`), bytesText(bytes)] as const;
    });
    rows(zooms.body, lines, 'Nothing is stored.', 3);
    say(`Counted ${tilesText(Object.values(sums).reduce((sum, { tiles }) => sum + tiles, 0))}.`);
  };
  const more = button('More', () => attempt(() => page(false)), 'More stored tiles');
  const page = async (first: boolean) => {
    if (first) [entries, cursor] = [[], undefined];
    const seconds = Number(older.value);
    const part = await client.entries({
      ...chosen(),
      ...(seconds > 0 && { older: seconds }),
      limit: LISTED,
      ...(cursor !== undefined && { cursor }),
    });
    entries.push(...part.entries);
    ({ cursor } = part);
    offer(more, cursor !== undefined, list.box);
    const lines = entries.map(({ layer, tile, age, version, bytes, status, region }) => [
      tile
        ? button(
            `${layer} ${tileText(tile)}${region === undefined ? '' : ` in ${region}`}`,
            () => inspect({ layer, tile }),
            `Inspect ${layer} ${tileText(tile)}`,
          )
        : layer,
      ...[secondsText(age), version || 'none', bytesText(bytes), String(status)],
    ]);
    rows(
      list.body,
      lines,
      cursor === undefined ? 'Nothing of that kind is stored.' : 'None on this page of the list.',
      5,
    );
    say(`${tilesText(entries.length)} listed${cursor === undefined ? '' : ', there are more'}.`);
  };
  more.hidden = true;
  const controls = make(
    'div',
    { className: 'controls' },
    make('label', {}, 'Layer ', layers),
    make('label', {}, 'Older than (seconds) ', older),
    button('Count', () => attempt(count), 'Count stored tiles by zoom'),
    button('List', () => attempt(() => page(true)), 'List stored tiles'),
  );
  return {
    element: section('Stored tiles', false, controls, zooms.box, list.box, more),
    show: (overview: InspectorOverview) =>
      choices(layers, [['', 'all'], ...overview.layers.map(({ layer }) => [layer, layer] as const)]),
  };
}
