import { askOrigin } from './ask-origin';
import type { WantedItem } from './block-plan';
import type { Filling } from './filling';
import { awaitUnderway } from './underway';

/**
 * Tells whether a host answers with a tile of it that the region has. If so, a tile that it does not answer is to blame
 * itself. Resolves with undefined if the slice must end before that is known.
 */
export async function hostAnswers({ request }: WantedItem, filling: Filling): Promise<boolean | undefined> {
  const { plan, tools, watch } = filling;
  const { late, witnesses } = filling.unstaged;
  const { host } = new URL(request.url);
  const isKnown = ({ key, request: { url } }: WantedItem) => {
    const known = filling.done.get(key)?.item ?? plan.old?.entries.get(key);
    return known?.status === 200 && !late.has(key) && new URL(url).host === host;
  };
  const known = plan.wanted.filter(isKnown);
  // Another one each time: it may be one of those that the host does not answer.
  const witness = known[Math.floor(tools.random() * known.length)] ?? (await plan.witness?.(host));
  if (!witness) return false;
  const ask = () => askOrigin(witness, tools, watch, true);
  const answered = await awaitUnderway(host, witnesses, ask, watch);
  if (answered) witnesses.delete(host);
  return answered && answered.kind === 'tile';
}
