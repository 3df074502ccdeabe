import { type Chain, edgeOf } from './chain';
import type { PublicationPlan } from './plan';
import type { Probe } from './probe';
import type { Publication } from './publication';
import type { PublishRun } from './publish-run';
import type { VerifyTask } from './verify-types';

/** Whether samples of this publication can be looked at. */
export const verifiable = (chain: Chain, { layer }: Publication, plan: PublicationPlan): boolean =>
  Boolean(chain.probe && edgeOf(chain, layer)) && plan.kind !== 'metadata';

/** Looks at samples before anything is done; nothing where the edge is not to be checked. `version`: the one that lies there. */
export async function lookFirst(
  chain: Chain,
  { publication, timed }: PublishRun,
  plan: PublicationPlan,
  version: string | undefined,
): Promise<Probe | undefined> {
  const edge = edgeOf(chain, publication.layer);
  if (!chain.probe || !edge || !verifiable(chain, publication, plan)) return undefined;
  const probed = chain.probe(edge, publication, plan, version);
  await timed('look', probed.look);
  return probed;
}

/** Looks at them again behind the purge. Resolves with true where nothing was to be checked, too. */
export async function check(
  { timed }: PublishRun,
  probed: Probe | undefined,
  task: Omit<VerifyTask, 'layer' | 'edge' | 'tiles'>,
): Promise<boolean> {
  return probed ? timed('verify', () => probed.verify(task)) : true;
}

/** Looks for the plan's tags in what the samples bore, where a CDN is to purge by them. Resolves with false where a sample bears no tag by zoom, though the purge is to be spread over zooms. */
export async function proveTags(
  { cdns, layers }: Chain,
  { publication: { layer }, timed }: PublishRun,
  probed: Probe | undefined,
  plan: PublicationPlan,
): Promise<boolean> {
  const byTags = !plan.urls && cdns().some(({ purger }) => purger.byTag !== false);
  const tags = probed && byTags ? probed.tags(plan.tags) : undefined;
  const isSpread = Object.hasOwn(layers, layer) && layers[layer]?.stagger !== undefined;
  const haveZooms = !isSpread || probed?.haveZoomTags() !== false;
  if (tags)
    await timed('tags', async () => ({
      ...tags,
      detail: haveZooms
        ? tags.detail
        : `${tags.detail}; a sample bears no tag of its zoom: all zooms are purged at once`,
    }));
  return haveZooms;
}
