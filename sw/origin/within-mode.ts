import type { NetworkMode } from '../../src/shared/page-messages';

interface Around {
  fetch: (request: Request) => Promise<Response>;
  onLine?: () => boolean | undefined;
  metered?: () => boolean;
}

/**
 * Limits the network to the mode that the user has chosen (`client.network`). In mode `off`, and in mode `unmetered` on
 * a metered connection, the worker acts as if the browser said that it is offline: it answers tiles from the store at
 * once, and counts nothing against their origin.
 */
export function withinMode(around: Around, mode: () => NetworkMode | undefined): Required<Omit<Around, 'metered'>> {
  const isOff = () => mode() === 'off' || (mode() === 'unmetered' && around.metered?.() === true);
  return {
    fetch: (request) => (isOff() ? Promise.reject(new TypeError('switched off')) : around.fetch(request)),
    onLine: () => !isOff() && around.onLine?.(),
  };
}
