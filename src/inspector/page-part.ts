import type { InspectorOverview } from '../shared/inspect-commands';
import { choices, make, section } from './dom';
import type { PanelPart, PanelTools } from './types';

/**
 * Creates the part that makes this page's tiles offline or slow. The worker forgets this half a minute after the page's
 * last message.
 */
export function pagePart({ client, attempt, say }: PanelTools): PanelPart {
  const offline = make('input', { type: 'checkbox', name: 'offline' });
  const delay = make('select', { name: 'delay' });
  choices(delay, [
    ['0', 'as it is'],
    ['300', '0.3 s slower'],
    ['2000', '2 s slower'],
    ['10000', '10 s slower'],
  ]);
  const wanted = () => ({ offline: offline.checked, delay: Number(delay.value) });
  const tell = () => client.inspector('simulate', wanted());
  const changed = () =>
    attempt(async () => {
      const { offline: gone, delay: ms } = await tell();
      say(
        gone
          ? 'Tiles of this page are offline.'
          : ms
            ? `Tiles of this page come ${ms / 1000} s later.`
            : 'The network of this page is unchanged.',
      );
    });
  offline.addEventListener('change', changed);
  delay.addEventListener('change', changed);
  return {
    element: section(
      'This page alone',
      false,
      make(
        'div',
        { className: 'controls' },
        make('label', {}, offline, ' Offline'),
        make('label', {}, 'Network ', delay),
      ),
    ),
    show(_: InspectorOverview) {
      const { offline: gone, delay: ms } = wanted();
      if (gone || ms > 0) void tell().catch(() => {});
    },
    stop() {
      const { offline: gone, delay: ms } = wanted();
      if (gone || ms > 0) void client.inspector('simulate', {}).catch(() => {});
      offline.checked = false;
      delay.value = '0';
    },
  };
}
