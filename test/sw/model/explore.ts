import fc from 'fast-check';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { type ModelOptions, runModel, type Step } from './run-model';

/** Set `MODEL_RUNS` for a long run, and `MODEL_SEED` (and `MODEL_PATH`) to replay a failure. */
export const RUNS = Number(process.env['MODEL_RUNS'] ?? 6000);
export const SEED = process.env['MODEL_SEED'];
const PATH = process.env['MODEL_PATH'];
/** Milliseconds: a long run may take half an hour. */
export const LIMIT = 1_800_000;
/** Plays the same interleavings in every run, so that a failure is due to the change under test. */
export const FIXED_SEED = 20_261_126;
/** Plays a fifth as many new interleavings, so that the model keeps searching. */
export const FRESH_SEED = SEED === undefined ? Date.now() & 0x7fffffff : Number(SEED);

export interface Exploration extends ModelOptions {
  layer: LayerOptions;
  step: fc.Arbitrary<Step>;
  /** What happens before the random steps. */
  begin?: readonly Step[];
  seed: number;
  /** The number of interleavings. */
  runs: number;
}

/** Describes a failure: which promise was broken, how to replay it, and the steps that led to it. */
const replay = <T>(run: fc.RunDetails<T>) =>
  [
    (run.errorInstance as Error | null)?.message,
    `Replay: MODEL_SEED=${run.seed} MODEL_PATH=${run.counterexamplePath} npx vitest run --project unit test/sw/model`,
    fc.defaultReportMessage(run),
  ].join('\n');

/** Plays random steps in random order. Rejects at the first broken promise, and tells how to replay it. */
export async function explore({ layer, step, begin = [], seed, runs, ...options }: Exploration) {
  const seen = { hits: 0, impatient: 0, whole: 0 };
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 4, maxLength: 24 }), async (s, steps) => {
      const run = await runModel(s, [...begin, ...steps], layer, options);
      seen.hits += run.hits;
      seen.impatient += run.impatient;
      seen.whole += run.whole ?? 0;
    }),
    {
      numRuns: Math.ceil(runs),
      seed,
      ...(PATH && { path: PATH }),
      asyncReporter: async (run) => {
        if (run.failed) throw new Error(replay(run), { cause: run.errorInstance });
      },
    },
  );
  return seen;
}
