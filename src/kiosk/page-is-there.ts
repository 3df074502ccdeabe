/** Milliseconds that the page may take to answer before a reload. */
const WITHIN = 10_000;

/**
 * Rejects if a reload would leave a page that cannot heal itself: an error page, or another page without the script,
 * such as a maintenance notice or a captive portal.
 */
export async function pageIsThere(href: string, ask: typeof fetch = fetch): Promise<void> {
  const response = await ask(href, { signal: AbortSignal.timeout(WITHIN) });
  if (!response.ok) throw new Error(`The page answers with status ${response.status}.`);
  if (!/<script\b/i.test(await response.text()))
    throw new Error('What answers in the place of the page has no script.');
}
