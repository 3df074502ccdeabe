import type { Env } from '../page/env';

/** Calls `comeBack` when somebody turns to the page again. Returns a function that tells whether the page is being left. */
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
  // A page beside another window is visible all the time: it becomes active when somebody turns to it.
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
