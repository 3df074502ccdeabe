import type { Env } from '../page/env';

/**
 * Calls `comeBack` when the user returns to the page. Returns a function that tells whether the user is leaving the
 * page.
 */
export function watchComeBack(
  { document, window }: Pick<Env, 'document' | 'window'>,
  comeBack: () => void,
  closed: AbortSignal,
): () => boolean {
  const until = { signal: closed };
  let leaving = false;
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && comeBack(), until);
  // A frozen page may be resumed without a change of its visibility (Page Lifecycle).
  document.addEventListener('resume', comeBack, until);
  // A page beside another window is always visible: the user returns to it by focusing it.
  window.addEventListener('focus', comeBack, until);
  window.addEventListener('online', comeBack, until);
  window.addEventListener('pagehide', () => (leaving = true), until);
  window.addEventListener(
    'pageshow',
    (event) => {
      leaving = false;
      if ((event as PageTransitionEvent).persisted) comeBack();
    },
    until,
  );
  return () => leaving;
}
