import { askOrigin } from './ask-origin';
import type { WantedItem } from './block-plan';
import type { Filling } from './filling';
import { awaitUnderway } from './underway';
import { hostOf } from './wanted';

/** Milliseconds for the worker's own site to answer. */
const SITE_MS = 30_000;

/**
 * Tells what is to blame for a tile without any answer. It is the tile if its host answers with another one that the
 * region has; the host if the worker has waited for it long enough, and another host of the region answers, or the
 * worker's own site where the host has never given a tile; else the network. Resolves with undefined if the slice must
 * end before that is known.
 */
export async function blameFor(item: WantedItem, filling: Filling): Promise<'tile' | 'host' | 'network' | undefined> {
  const { plan, tools } = filling;
  const host = hostOf(item);
  const isOfHost = (one: WantedItem) => hostOf(one) === host;
  const own = witnessOf(host, filling) ?? (await plan.witness?.(isOfHost));
  const tile = await isAnswered(own, filling);
  if (tile !== false) return tile && 'tile';
  if (plan.patient) return 'network';
  const other = await plan.witness?.((one) => !isOfHost(one));
  const mayBeWrong = !own && !other && host !== new URL(tools.origin).host;
  const isThere = await (mayBeWrong ? isSiteThere(filling) : isAnswered(other, filling));
  return isThere === undefined ? undefined : isThere ? 'host' : 'network';
}

/** Returns a tile of the host that the region has in this block; another one each time: it may be one without an answer. */
function witnessOf(host: string, { plan, tools, unstaged, done }: Filling): WantedItem | undefined {
  const known = plan.wanted.filter((one) => {
    const item = done.get(one.key)?.item ?? plan.old?.entries.get(one.key);
    return item && !unstaged.late.has(one.key) && hostOf(one) === host;
  });
  return known[Math.floor(tools.random() * known.length)];
}

/** Requests a tile anew. Resolves with undefined if the slice must end before an answer comes. */
async function isAnswered(witness: WantedItem | undefined, filling: Filling): Promise<boolean | undefined> {
  if (!witness) return false;
  const ask = async () => (await askOrigin(witness, filling.tools, filling.watch, true)).kind === 'tile';
  return once(hostOf(witness), ask, filling);
}

/** Asks the worker's own site for anything: each answer shows that there is a network. */
function isSiteThere(filling: Filling): Promise<boolean | undefined> {
  const { fetch, origin, sleep } = filling.tools;
  const ask = async () => {
    const asked = fetch(new Request(origin, { method: 'HEAD', cache: 'no-store', redirect: 'manual' })).then(
      () => true,
      () => false,
    );
    return Promise.race([asked, sleep(SITE_MS).then(() => false)]);
  };
  return once('', ask, filling);
}

/** Asks once for all tiles that wait for the same, which `name` names. Resolves with undefined if the slice must end before. */
export async function once(name: string, ask: () => Promise<boolean>, filling: Filling): Promise<boolean | undefined> {
  const { witnesses } = filling.unstaged;
  const answered = await awaitUnderway(name, witnesses, ask, filling.watch);
  // Kept for the others that wait for the same.
  if (answered !== undefined) witnesses.delete(name);
  return answered;
}
