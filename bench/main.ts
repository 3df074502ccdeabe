import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { contenders as allContenders } from './contenders/index';
import { openLab } from './lib/lab';
import { machine, type Metric, type Results } from './lib/results';
import { writeFigures } from './report/figures';
import { textTable } from './report/tables';
import { targets } from './report/targets';
import { writePlots } from './report/plots';
import { afterStop } from './scenarios/after-stop';
import { archive } from './scenarios/archive';
import { cold } from './scenarios/cold';
import { coverage } from './scenarios/coverage';
import { hitCost } from './scenarios/hit-cost';
import { lists } from './scenarios/lists';
import type { Context, Scenario } from './scenarios/context';
import { many } from './scenarios/many';
import { memory } from './scenarios/memory';
import { prefetch } from './scenarios/prefetch';
import { publish } from './scenarios/publish';
import { purge } from './scenarios/purge';
import { quiet } from './scenarios/quiet';
import { storing } from './scenarios/storing';
import { storm } from './scenarios/storm';
import { single, sizes, tracing, warm } from './scenarios/warm';

/** The scenarios in order. Those that publish or purge come after those that need the stored tiles. */
const scenarios: Record<string, Scenario> = {
  warm,
  single,
  sizes,
  tracing,
  hitCost,
  cold,
  storm,
  afterStop,
  quiet,
  publish,
  purge,
  lists,
  archive,
  memory,
  many,
  coverage,
  storing,
  prefetch,
};

const LATEST = 'bench/results/latest.json';

const usage = `npm run bench -- [options]
  --quick            checks that everything runs, in under two minutes; its figures mean little and are not kept
  --only a,b         just these scenarios: ${Object.keys(scenarios).join(', ')}; the others keep their figures
  --without a,b      leaves contenders out: none, tile-cache, store-only, bare, least, as-long, tracing-off, tracing-on, swr, workbox
  --rounds n         rounds that count (default 9)
  --out path         writes the results there, and no documents
  --figures          measures nothing: writes plots and documents from ${LATEST}`;

/** Runs the benchmark. Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      without: { type: 'string', default: '' },
      rounds: { type: 'string' },
      figures: { type: 'boolean', default: false },
      out: { type: 'string', default: LATEST },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (say(usage), 0);
  if (values.figures) return (publishFigures(JSON.parse(readFileSync(LATEST, 'utf8')) as Results), 0);

  const names = values.only?.split(',') ?? Object.keys(scenarios);
  const unknown = names.filter((name) => !(name in scenarios));
  if (unknown.length > 0) return (say(`No scenario is called ${unknown.join(', ')}.\n\n${usage}`), 2);

  const results = await measure(
    names,
    values.quick,
    Number(values.rounds ?? (values.quick ? 1 : 9)),
    values.without.split(','),
    values.out,
  );
  say(`\n${Object.values(results.metrics).map(textTable).join('\n\n')}\n`);
  for (const { goal, limit, measured, met } of results.targets)
    say(`${met ? 'met   ' : 'MISSED'}  ${goal}: ${measured} (${limit})`);
  if (values.quick) return 0;
  if (values.out === LATEST) publishFigures(results);
  return 0;
}

async function measure(
  names: readonly string[],
  quick: boolean,
  rounds: number,
  without: readonly string[],
  out: string,
): Promise<Results> {
  const contenders = await allContenders(without);
  const labels = new Map(contenders.map(({ name, label }) => [name, label]));
  let browser = '';
  const inLab: Context['inLab'] = async (work, wanted = ['none', 'tile-cache', 'swr', 'workbox']) => {
    const lab = await openLab(contenders.filter(({ name }) => wanted.includes(name)));
    browser = lab.browser.version;
    try {
      return await work(lab);
    } finally {
      await lab.close();
    }
  };
  const context: Context = { contenders, labels, inLab, rounds, quick, say };
  const earlier = !quick && existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as Results).metrics : {};
  const metrics: Record<string, Metric> = earlier;
  const resultsOf = (): Results => ({
    measuredAt: new Date().toISOString(),
    quick,
    machine: machine(browser),
    metrics,
    targets: targets(metrics),
  });
  for (const name of names) {
    const from = Date.now();
    Object.assign(metrics, await (scenarios[name] as Scenario)(context));
    say(`${name}: ${((Date.now() - from) / 1000).toFixed(0)} s`);
    // Save now, so that an interrupted run keeps its results.
    if (!quick) save(out, resultsOf());
  }
  return resultsOf();
}

function publishFigures(results: Results): void {
  writePlots(results);
  for (const path of writeFigures(results)) say(`wrote ${path}`);
}

function save(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

function say(text: string): void {
  console.log(text);
}
