import type { InspectorOverview } from '../shared/inspect-commands';
import { make, rows, section, table } from './dom';
import { bytesText, rangeText } from './format';
import type { PanelPart, PanelTools } from './types';

const MODES = { purge: 'purged', stale: 'marked stale', version: 'changed with the version' };

/** Creates the part about the ledger's rules. */
export function rulesPart(): PanelPart {
  const { box, body } = table('Rules', ['Layer', 'Tiles are', 'Where', 'Epoch']);
  return {
    element: section('Rules', false, box),
    show({ layers }: InspectorOverview) {
      const lines = layers.flatMap(({ layer, rules }) =>
        rules.map((rule) => [layer, MODES[rule.mode], rangeText(rule), String(rule.epoch)]),
      );
      rows(body, lines, 'No rule: nothing was purged or marked stale.', 4);
    },
  };
}

/** Creates the part about offline regions and storage. */
export function roomPart({ client }: PanelTools): PanelPart {
  const quota = make('p', {});
  const { box, body } = table('Offline regions', ['Region', 'State', 'Tiles', 'Bytes', 'Failed']);
  let looks = 0;
  return {
    element: section('Storage and regions', false, quota, box),
    show({ usage, quota: most, persisted, epoch }) {
      const share = usage !== undefined && most ? ` (${Math.round((usage / most) * 100)} %)` : '';
      const kept = persisted === undefined ? '' : persisted ? ' The browser keeps it.' : ' The browser may delete it.';
      quota.textContent = `${bytesText(usage)} of ${bytesText(most)}${share} used by this site.${kept} Ledger: ${epoch === undefined ? 'broken' : `epoch ${epoch}`}.`;
      // Query regions seldom: they rarely change.
      if ((looks += 1) % 5 !== 1) return;
      client.regions.list().then(
        (all) =>
          rows(
            body,
            all.map(({ name, state, tiles, total, bytes, failed }) => [
              name,
              state,
              `${tiles} of ${total}`,
              bytesText(bytes),
              String(failed),
            ]),
            'No region is saved.',
            5,
          ),
        () => rows(body, [], 'This worker keeps no regions.', 5),
      );
    },
  };
}
