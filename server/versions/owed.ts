import { type LayerState, layerState, type OriginState, type Owed } from './state';

/** URLs that a debt may name one by one. If there are more, it names the tags. */
const MAX_OWED_URLS = 1000;
const MAX_OWED_TAGS = 64;
/** Seconds until the first retry in the background, and the longest pause between two. */
const FIRST_RETRY = 5;
const LONGEST_RETRY = 3600;

/** A purge that is to be made. */
export type Debt = Pick<Owed, 'cdn' | 'tags' | 'urls'>;

/** Returns the seconds until the next try: 5, 10, 20 … up to an hour. */
function retryDelay(tries: number): number {
  return Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(tries, 20));
}

/**
 * Returns whether the next try is due. If it is further away than any pause, the clock was set back, and the try is
 * due, too.
 */
export const isDueAt = (dueAt: number, now: number): boolean => dueAt <= now || dueAt > now + LONGEST_RETRY * 1000;

/**
 * Unites two debts into one that covers both. If one has no URLs, the result has none, because tags cover URLs. `all`
 * is the tag that covers the whole layer.
 */
export function unite(a: Debt, b: Debt, all: string): Debt {
  const tags = [...new Set([...a.tags, ...b.tags])];
  const told = tags.length > MAX_OWED_TAGS ? [all] : tags;
  const urls = a.urls && b.urls ? [...new Set([...a.urls, ...b.urls])] : undefined;
  const listed = urls && urls.length <= MAX_OWED_URLS && told === tags ? { urls } : {};
  return { ...(b.cdn !== undefined && { cdn: b.cdn }), tags: told, ...listed };
}

/** Returns the layer's debts. */
export const owedOf = (state: OriginState, layer: string): readonly Owed[] => layerState(state, layer)?.owed ?? [];

/** Records debts before they are tried, so that a process that ends early does not lose them. */
export function owe(layer: LayerState, debts: readonly Debt[], all: string, now: number, mark: number): LayerState {
  const owed = [...(layer.owed ?? [])];
  for (const debt of debts) {
    const i = owed.findIndex(({ cdn }) => cdn === debt.cdn);
    const held = owed[i];
    const { since = now, tries = 0 } = held ?? {};
    const next = {
      ...(held ? unite(debt, held, all) : debt),
      since,
      tries,
      mark,
      dueAt: now + retryDelay(tries) * 1000,
    };
    if (held) owed[i] = next;
    else owed.push(next);
  }
  return { ...layer, owed };
}

/**
 * Removes settled debts, unless they have grown in the meantime. Once none is left, marks all publications of the layer
 * as purged.
 */
export function settle(layer: LayerState, done: ReadonlyArray<Pick<Owed, 'cdn' | 'mark'>>): LayerState {
  const { owed = [], ...rest } = layer;
  const left = owed.filter(({ cdn, mark }) => !done.some((each) => each.cdn === cdn && each.mark === mark));
  if (left.length > 0) return { ...rest, owed: left };
  if (owed.length === 0) return layer;
  return { ...rest, steps: rest.steps.map((step) => ({ ...step, cleared: true, purged: true })) };
}

/**
 * Records that a part of a debt is paid and `tags` are left. No other process takes it for the given seconds, while the
 * next part waits.
 */
export function payPart(
  layer: LayerState,
  { cdn, mark }: Pick<Owed, 'cdn' | 'mark'>,
  tags: string[],
  now: number,
  seconds: number,
): LayerState {
  if (!layer.owed?.some((each) => each.cdn === cdn && each.mark === mark)) return layer;
  const owed = layer.owed.map((each) =>
    each.cdn === cdn && each.mark === mark
      ? { ...each, tags, dueAt: now + (retryDelay(each.tries) + seconds) * 1000 }
      : each,
  );
  return { ...layer, owed };
}

/** Counts a failed or starting try. No other process takes the debt until its time has passed. */
export function postpone(layer: LayerState, which: (owed: Owed) => boolean, now: number): LayerState {
  if (!layer.owed) return layer;
  const owed = layer.owed.map((each) =>
    which(each) ? { ...each, tries: each.tries + 1, dueAt: now + retryDelay(each.tries + 1) * 1000 } : each,
  );
  return { ...layer, owed };
}
