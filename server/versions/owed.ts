import { type LayerState, layerState, type OriginState, type Owed } from './state';

/** URLs that a debt names one by one; beyond it the tags say it shorter. */
const MAX_OWED_URLS = 1000;
const MAX_OWED_TAGS = 64;
/** Seconds until the first retry in the background, and the longest between two. */
const FIRST_RETRY = 5;
const LONGEST_RETRY = 3600;

/** What is to be dropped somewhere. */
export type Debt = Pick<Owed, 'cdn' | 'tags' | 'urls'>;

/** Seconds until the next try: 5, 10, 20 … an hour at most. */
export function retryDelay(tries: number): number {
  return Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(tries, 20));
}

/** The next try is due. One that lies further off than any pause was written before the clock was set back: it is due as well. */
export const isDueAt = (dueAt: number, now: number): boolean => dueAt <= now || dueAt > now + LONGEST_RETRY * 1000;

/** Two debts in one: never less than both. Tags cover URLs, so a debt without URLs stays without. `all` covers everything of the layer. */
export function unite(a: Debt, b: Debt, all: string): Debt {
  const tags = [...new Set([...a.tags, ...b.tags])];
  const told = tags.length > MAX_OWED_TAGS ? [all] : tags;
  const urls = a.urls && b.urls ? [...new Set([...a.urls, ...b.urls])] : undefined;
  const listed = urls && urls.length <= MAX_OWED_URLS && told === tags ? { urls } : {};
  return { ...(b.cdn !== undefined && { cdn: b.cdn }), tags: told, ...listed };
}

/** What is outstanding of a layer. */
export const owedOf = (state: OriginState, layer: string): readonly Owed[] => layerState(state, layer)?.owed ?? [];

/** Writes down what is to be dropped, before it is tried: a process that ends in between has not forgotten it. */
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

/** Takes away what was dropped; what grew meanwhile stays. When nothing is left, every publication of the layer is purged. */
export function settle(layer: LayerState, done: ReadonlyArray<Pick<Owed, 'cdn' | 'mark'>>): LayerState {
  const { owed = [], ...rest } = layer;
  const left = owed.filter(({ cdn, mark }) => !done.some((each) => each.cdn === cdn && each.mark === mark));
  if (left.length > 0) return { ...rest, owed: left };
  if (owed.length === 0) return layer;
  return { ...rest, steps: rest.steps.map((step) => ({ ...step, cleared: true, purged: true })) };
}

/** A part of a debt is paid: `tags` are left of it. Nobody else takes it up for so many seconds more, while the next part waits. */
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

/** Counts a try that failed, or one that begins: nobody else takes it up until its time has passed. */
export function postpone(layer: LayerState, which: (owed: Owed) => boolean, now: number): LayerState {
  if (!layer.owed) return layer;
  const owed = layer.owed.map((each) =>
    which(each) ? { ...each, tries: each.tries + 1, dueAt: now + retryDelay(each.tries + 1) * 1000 } : each,
  );
  return { ...layer, owed };
}
