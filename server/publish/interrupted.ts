import { type Begun, layerState } from '../versions/state';
import { end } from '../versions/begun';
import { CONTENT } from '../versions/repaired';
import { announce, unstage } from '../versions/transitions';
import { type Chain, holdersOf, planOf } from './chain';
import { account, writeAhead } from './debts';
import { planWhole } from './plan';
import { publishAnew } from './publish-anew';
import { retireLayer } from './retire-layer';
import { drop } from './drop';
import type { PublishRun } from './publish-run';
import type { PublishReport } from './publish-steps';

/** Continues a resumed publication from its state. */
export async function carryOn(chain: Chain, run: PublishRun, taken: Begun, overtaken: boolean): Promise<PublishReport> {
  if (run.publication.retired && !overtaken) return retireLayer(chain, run);
  if (!overtaken) return publishAnew(chain, { ...run, dropped: taken.dropped }, taken.content);
  if (run.before && !run.publication.retired) return catchUp(chain, run, taken);
  await chain.versions.update((current) => end(current, ({ mark }) => mark === run.mark));
  return run.report({});
}

/**
 * Handles an interrupted publication after another one of the layer was announced, whose version stays in force: drops
 * the layer at the edges, and announces its changes to clients as a further part of that version.
 */
async function catchUp(chain: Chain, run: PublishRun, taken: Begun): Promise<PublishReport> {
  const { versions, now, onClear } = chain;
  const { publication, before, timed } = run;
  const { layer } = publication;
  const inForce = before?.version ?? taken.version;
  const plan = planOf(chain, run, inForce, taken.version);
  await timed('plan', async () => `interrupted, and ${inForce} was announced since`);
  // While its version was staged, every tile of the layer could get that label, which no client knows.
  const dropped = planWhole(publication);
  const written = await versions.update((current) => writeAhead(current, layer, dropped, holdersOf(chain), now()));
  const { cleared, outcomes } = await drop(chain, run, { plan: dropped, written, clearing: onClear !== undefined });
  const purged = outcomes.every(({ ok }) => ok);
  let revision = before?.revision;
  await timed('announce', async () => {
    const next = await versions.update((current) => {
      const left = unstage(current, layer, taken.version) ?? end(current, ({ mark }) => mark === run.mark);
      const version = layerState(left, layer)?.version;
      if (version === undefined) return left;
      const { range, boxes, list } = plan;
      const told = announce(
        left,
        {
          ...{ layer, version, content: CONTENT, again: true, cleared, purged },
          ...(range && { range }),
          ...(boxes && { boxes }),
          ...(list !== undefined && { tiles: list }),
        },
        now(),
      );
      return account(told, layer, outcomes, now()) ?? told;
    });
    revision = layerState(next, layer)?.revision;
    return `revision ${revision}, a further part of ${inForce}`;
  });
  return run.report({ version: inForce, previous: inForce, revision, applied: true, plan: plan.kind });
}
