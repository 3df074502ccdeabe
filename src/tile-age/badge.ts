import type { ClientStatus } from '../page/types';
import { tileKey } from '../screen/tile-key';
import type { TileFacts } from '../screen/tile-facts';
import { checkedWords, wordsFor } from '../screen/words';
import { buildBadge } from './build';
import { createAnnouncer, summarise, type TileAgeSummary } from './summary';
import type { BadgeHost, TileAgeBinding } from './types';

/** Keeps what an element shows up to date. */
export interface Badge {
  /** Follows the element's client from now on, while the element is in a document. */
  listen(): void;
  silence(): void;
  update(): void;
}

/** Milliseconds between two updates of the ages, and between two announcements to screen readers. */
const TICK = 5000;
const PAUSE = 15_000;

export function createBadge(host: BadgeHost): Badge {
  const announce = createAnnouncer(PAUSE);
  let stop: (() => void) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let shown: ReturnType<typeof buildBadge> | undefined;

  function silence(): void {
    stop?.();
    clearInterval(timer);
    stop = timer = undefined;
  }

  function listen(): void {
    silence();
    if (!host.isConnected) return;
    stop = host.client?.on('status', update);
    timer = setInterval(update, TICK);
    update();
  }

  function update(): void {
    const { client, binding, layer, threshold } = host;
    if (!host.isConnected || !client) return;
    const now = Date.now();
    const status = client.status();
    const of = binding?.layer ?? layer ?? undefined;
    const tiles = binding && tilesOn(binding, status, of);
    show(summarise(status, { layer: layer ?? undefined, of, threshold, now, tiles }), now, status.message ?? '');
  }

  function show(summary: TileAgeSummary, now: number, said: string): void {
    const { state } = summary;
    shown ??= buildBadge(host);
    const { message, text, checked, live } = shown;
    const language = host.closest('[lang]')?.getAttribute('lang') ?? undefined;
    // Say nothing before the first tile.
    const words = state === 'unknown' && summary.tiles === 0 ? '' : wordsFor(summary, host.texts, language);
    const calm = state === 'current' || state === 'unknown';
    const loud = said !== '' || (words !== '' && (!calm || host.hasAttribute('show-current')));
    const rest = checkedWords(summary, host.texts, language);
    // Setting the same text again would still count as a change for observers.
    if (text.textContent !== words) text.textContent = words;
    if (checked.textContent !== rest) checked.textContent = rest;
    host.toggleAttribute('silent', !loud);
    if (announce(state, now)) live.textContent = words;
    if (message.textContent !== said) message.textContent = live.textContent = said;
    if (host.getAttribute('state') === state) return;
    host.setAttribute('state', state);
    host.dispatchEvent(new CustomEvent<TileAgeSummary>('tileagechange', { bubbles: true, detail: summary }));
  }

  return { listen, silence, update };
}

/** Returns the facts about the tiles on a map's screen: from the client, otherwise from the binding. */
function tilesOn(binding: TileAgeBinding, status: ClientStatus, of: string | undefined): TileFacts[] {
  const known = new Map(status.layers[of ?? '']?.shown?.map((entry) => [tileKey(entry.tile), entry]));
  return binding
    .tiles()
    .map(
      (tile): TileFacts =>
        known.get(tileKey(tile)) ?? { status: 'hit', age: undefined, since: 0, ...binding.age(tile) },
    );
}
