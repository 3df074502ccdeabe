import { askOrigin } from './ask-origin';
import type { WantedItem } from './block-plan';
import type { Filling } from './filling';
import { awaitUnderway } from './underway';

/**
 * Tells what is to blame for a tile without any answer. It is the tile if its host answers with another one that the
 * region has; the host if the worker has waited for it long enough, and another host of the region answers; else the
 * network. Resolves with undefined if the slice must end before that is known.
 */
export async function blameFor(
  { request }: WantedItem,
  filling: Filling,
): Promise<'tile' | 'host' | 'network' | undefined> {
  const { host } = new URL(request.url);
  const tile = await isAnswered(witnessOf(host, filling) ?? (await filling.plan.witness?.(host, true)), filling);
  if (tile !== false) return tile && 'tile';
  const other = filling.plan.patient ? false : await isAnswered(await filling.plan.witness?.(host, false), filling);
  return other === undefined ? undefined : other ? 'host' : 'network';
}

/** Returns a tile of the host that the region has in this block; another one each time: it may be one without an answer. */
function witnessOf(host: string, { plan, tools, unstaged, done }: Filling): WantedItem | undefined {
  const known = plan.wanted.filter(({ key, request: { url } }) => {
    const item = done.get(key)?.item ?? plan.old?.entries.get(key);
    return item && !unstaged.late.has(key) && new URL(url).host === host;
  });
  return known[Math.floor(tools.random() * known.length)];
}

/** Requests a tile anew. Resolves with undefined if the slice must end before an answer comes. */
async function isAnswered(witness: WantedItem | undefined, filling: Filling): Promise<boolean | undefined> {
  if (!witness) return false;
  const { tools, watch, unstaged } = filling;
  const { host } = new URL(witness.request.url);
  const ask = () => askOrigin(witness, tools, watch, true);
  const answered = await awaitUnderway(host, unstaged.witnesses, ask, watch);
  // Kept for the others that wait for the same.
  if (answered) unstaged.witnesses.delete(host);
  return answered && answered.kind === 'tile';
}
