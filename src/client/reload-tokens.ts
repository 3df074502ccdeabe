import { attempt } from '../page/env';
import { DONE } from './off-key';

/** The most tokens that one browser remembers. */
const TOKENS = 16;

/**
 * Remembers the tokens for which pages have reloaded. `noted` are those of the start of the page: other tabs note
 * theirs, and this one has to follow all the same. `first` is true if this page has read no manifest before. Returns a
 * function to call for each manifest with its token, if it has one: it returns true if the page has to reload.
 */
export function createReloadTokens(
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined,
  noted: string | null | undefined,
  first: boolean,
): (token: string | undefined) => boolean {
  const read = (text: string | null | undefined): string[] | undefined => {
    const list = attempt(() => JSON.parse(text ?? 'null') as unknown);
    return Array.isArray(list) ? list.filter((token) => typeof token === 'string') : undefined;
  };
  let known = read(noted);
  return (token) => {
    // A token that no tab has noted may be as old as the page.
    const old = known === undefined && first;
    first = false;
    if (token === undefined || known?.includes(token)) return false;
    known = [...(known ?? []), token].slice(-TOKENS);
    attempt(() => storage?.setItem(DONE, JSON.stringify(known)));
    // Do nothing that cannot be noted: the page would do it again and again.
    return !old && !!read(attempt(() => storage?.getItem(DONE)))?.includes(token);
  };
}
