import { bundle, type Contender } from '../contenders/index';
import { type Browser, launch, type Page } from './browser';
import { type Origin, startOrigin } from './origin';

/** A contender under test: its origin, and a page under its worker. */
export interface Bench {
  contender: Contender;
  origin: Origin;
  page: Page;
  /** Calls a function of the page's script. */
  run<T = number>(name: string, ...args: unknown[]): Promise<T>;
}

export interface Lab {
  browser: Browser;
  benches: Bench[];
  of(name: string): Bench;
  close(): Promise<void>;
}

let script: Promise<string> | undefined;

/** Opens one browser with a page for each contender. */
export async function openLab(contenders: readonly Contender[]): Promise<Lab> {
  script ??= bundle('../page/bench-page.ts');
  const page = await script;
  const browser = await launch();
  const benches: Bench[] = [];
  const close = async () => {
    await browser.close();
    await Promise.all(benches.map(({ origin }) => origin.close()));
  };
  try {
    for (const contender of contenders) benches.push(await openBench(browser, contender, page));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    browser,
    benches,
    of(name) {
      const found = benches.find(({ contender }) => contender.name === name);
      if (!found) throw new Error(`No contender is called ${name}.`);
      return found;
    },
    close,
  };
}

async function openBench(browser: Browser, contender: Contender, script: string): Promise<Bench> {
  const origin = await startOrigin({
    '/bench.js': script,
    ...(contender.worker !== undefined && { '/sw.js': contender.worker }),
  });
  const page = await browser.newPage(`${origin.url}/`);
  const run: Bench['run'] = (name, ...args) => page.evaluate(`bench.${name}(...${JSON.stringify(args)})`);
  if (contender.worker !== undefined) await run('register', contender.client);
  return { contender, origin, page, run };
}

/**
 * Measures each contender once per round, in alternating order, so that other load on the machine affects all of them. The
 * first round is a warm-up and does not count.
 */
export async function alternate(
  benches: readonly Bench[],
  rounds: number,
  measure: (bench: Bench, round: number) => Promise<number | readonly number[]>,
): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>(benches.map(({ contender }) => [contender.name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const turn = round % benches.length;
    const order = [...benches.slice(turn), ...benches.slice(0, turn)];
    for (const bench of round % 2 ? order.reverse() : order) {
      await bench.page.front();
      const value = await measure(bench, round);
      if (round > 0) values.get(bench.contender.name)?.push(...(typeof value === 'number' ? [value] : value));
    }
  }
  return values;
}

/**
 * Loads a block of tiles in up to `passes` passes, until the contender has stored all of them and a pass causes no request
 * to its origin.
 */
export async function fill(bench: Bench, layer: string, count: number, block = 0, passes = 6): Promise<void> {
  for (let pass = 0; pass < passes; pass += 1) {
    const before = bench.origin.tiles;
    await bench.run('throughput', layer, count, block, 32);
    if (pass > 0 && bench.origin.tiles === before) return;
  }
}
