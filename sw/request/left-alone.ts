/**
 * True for what is the browser's business although it may lie under a tile's path: navigations, and event streams, which
 * have no end that a worker could wait for; Firefox cuts one that a worker answers after 30 s.
 */
export function isLeftAlone({ mode, headers }: Pick<Request, 'mode' | 'headers'>): boolean {
  return mode === 'navigate' || /(^|[\s,])text\/event-stream([\s;,]|$)/i.test(headers.get('accept') ?? '');
}
