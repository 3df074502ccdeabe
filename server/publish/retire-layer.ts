import type { Begun, OriginState } from '../versions/state';
import { begin, end, makesUpFor } from '../versions/begun';
import { retire } from '../versions/transitions';
import { type Chain, holdersOf } from './chain';
import { account, writeAhead } from './debts';
import { drop } from './drop';
import { begunBy } from './noted';
import { planWhole, type PublicationPlan } from './plan';
import type { PublishRun } from './publish-run';
import type { PublishReport } from './publish-steps';

/** The content of a retirement, which no publication can have. */
const RETIRED = 'retired';

/** Removes the layer from the manifest, after every cache has dropped it, because the removal deletes its debts. */
export async function retireLayer(chain: Chain, run: PublishRun): Promise<PublishReport> {
  const { now } = chain;
  const { publication, before, timed } = run;
  const plan = planWhole(publication);
  await timed('plan', async () => (before ? 'the layer is retired' : 'there is no such layer'));
  if (!before) return run.report({});
  const begun = begunBy(run, before.version, RETIRED, now());
  const stop = chain.underWay.start(run.mark);
  try {
    return await dropAndForget(chain, run, plan, begun);
  } finally {
    stop();
  }
}

/** Records the debts first, so that a process that ends early does not lose them. */
async function dropAndForget(
  chain: Chain,
  run: PublishRun,
  plan: PublicationPlan,
  begun: Begun,
): Promise<PublishReport> {
  const { versions, now, onClear } = chain;
  const { layer } = run.publication;
  const written = await versions.update((current) => {
    const noted = begin(current, begun);
    return writeAhead(noted, layer, plan, holdersOf(chain), now()) ?? noted;
  });
  const { outcomes } = await drop(chain, run, { plan, written, clearing: onClear !== undefined, atOnce: true });
  const dropped = outcomes.every(({ ok }) => ok);
  const ended = (next: OriginState | undefined, current: OriginState) =>
    end(next ?? current, (each) => each.mark === run.mark || (dropped && makesUpFor(layer, true)(each)));
  let revision: number | undefined;
  await run.timed('announce', async () => {
    const next = await versions.update((current) =>
      ended(dropped ? retire(current, layer, now()) : account(current, layer, outcomes, now()), current),
    );
    revision = next.revision;
    return {
      ok: dropped,
      detail: dropped ? `revision ${revision}, without it` : 'it stays until every cache has dropped it',
    };
  });
  return run.report(dropped ? { version: undefined, revision, applied: true, plan: 'layer' } : { plan: 'layer' });
}
