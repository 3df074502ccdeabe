import type { NetworkMode } from '../shared/page-messages';
import { createListener } from './messages';
import type { ClientParts } from './parts';
import { stayAwake } from './stay-awake';
import type { Watching } from './watching';

/** Connects the client's parts with its own events, the browser's, and the worker's messages. */
export function connect(
  { link, state, book, views, board, switchTo, env, on, emit, closed }: Omit<ClientParts, 'settings'>,
  watching: Watching,
): void {
  // If tiles bypass the worker, the page does not hear of them, and could not tell when the update is over.
  const updating = ({ layer }: { layer: string }) => void (state() === 'active' && board.updating(layer));
  on('versionchange', updating);
  on('invalidated', updating);
  on('used', ({ uses, validations }) => board.used(uses, validations));
  on('versioncheck', board.touch);
  // Views told while there was no worker are lost: tell them again.
  on('statechange', views.again);
  on('statechange', board.touch);
  on('notice', ({ notice, detail }) => {
    if (notice === 'network') switchTo(detail as NetworkMode);
    // The worker asks again only for tiles that a map shows, and a map that stands still tells its view once.
    if (notice === 'versionmismatch') views.again();
    board.touch();
  });
  stayAwake(env, link, on);
  const until = { signal: closed };
  env.window.addEventListener('online', () => void watching.start().then(board.touch), until);
  env.window.addEventListener('offline', board.touch, until);
  env.container?.addEventListener('message', createListener(link, book, views, emit), until);
  // The browser holds messages back while the page loads, unless the page starts them.
  env.container?.startMessages();
}
