import { type Chain, edgeOf } from './chain';
import type { PublicationPlan } from './plan';
import type { Probe } from './probe';
import type { Publication } from './publication';
import type { PublishRun } from './publish-run';
import type { VerifyTask } from './verify-types';

/** Returns whether samples of this publication can be checked. */
export const verifiable = (chain: Chain, { layer }: Publication, plan: PublicationPlan): boolean =>
  Boolean(chain.probe && edgeOf(chain, layer)) && plan.kind !== 'metadata';

/**
 * Looks at samples before the publication does anything, unless the check is off. `version`: the one that the edge has.
 */
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

/** Checks the samples again after the purge. Resolves with true if there is nothing to check. */
export async function check(
  { timed }: PublishRun,
  probed: Probe | undefined,
  task: Omit<VerifyTask, 'layer' | 'edge' | 'tiles'>,
): Promise<boolean> {
  return probed ? timed('verify', () => probed.verify(task)) : true;
}

/**
 * Looks for the plan's tags in the samples' responses, if a CDN purges by them. Resolves with false if a sample has no
 * tag by zoom, although the purge is to be spread over zooms.
 */
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
