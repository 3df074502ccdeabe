import { retire } from '../versions/transitions';
import type { Chain } from './chain';
import { holdersOf } from './chain';
import { account, writeAhead } from './debts';
import { drop } from './drop';
import { planPublication } from './plan';
import type { PublishRun } from './publish-run';
import type { PublishReport } from './publish-steps';

/** The layer leaves the manifest once no cache holds it any more: what is still owed would be forgotten with it. */
export async function retireLayer(chain: Chain, run: PublishRun): Promise<PublishReport> {
  const { versions, now, onClear } = chain;
  const { publication, before, timed } = run;
  const { layer } = publication;
  const plan = planPublication(publication, undefined, [], 0);
  await timed('plan', async () => (before ? 'the layer is retired' : 'there is no such layer'));
  if (!before) return run.report({});
  const written = await versions.update((current) => writeAhead(current, layer, plan, holdersOf(chain), now()));
  const { outcomes } = await drop(chain, run, { plan, written, clearing: onClear !== undefined });
  const dropped = outcomes.every(({ ok }) => ok);
  let revision: number | undefined;
  await timed('announce', async () => {
    const next = await versions.update((current) =>
      dropped ? retire(current, layer, now()) : account(current, layer, outcomes, now()),
    );
    revision = next.revision;
    return {
      ok: dropped,
      detail: dropped ? `revision ${revision}, without it` : 'it stays until every cache dropped it',
    };
  });
  return run.report(dropped ? { version: undefined, revision, applied: true, plan: 'layer' } : { plan: 'layer' });
}
