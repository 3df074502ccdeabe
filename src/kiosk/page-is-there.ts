/** Milliseconds in which the page itself has to be there before it is loaded anew. */
const WITHIN = 10_000;

/**
 * Rejects where loading the page anew would leave something behind, for good, that heals nothing any more: an error page,
 * or whatever else answers in the page's place and has no script (a notice of maintenance, a network that wants to be paid).
 */
export async function pageIsThere(href: string, ask: typeof fetch = fetch): Promise<void> {
  const response = await ask(href, { signal: AbortSignal.timeout(WITHIN) });
  if (!response.ok) throw new Error(`The page answers with status ${response.status}.`);
  if (!/<script\b/i.test(await response.text()))
    throw new Error('What answers in the place of the page has no script.');
}
