import { fill, openLab } from '../lib/lab';
import { processMemory } from '../lib/process-memory';
import { metric } from '../lib/results';
import type { Scenario } from './context';

/** Measures each contender in a separate browser, after storing and reading 2,000 tiles of 12 KB. */
export const memory: Scenario = async ({ contenders, labels, quick }) => {
  const [heap, processes, storage] = [0, 1, 2].map(() => new Map<string, number[]>()) as [
    Map<string, number[]>,
    Map<string, number[]>,
    Map<string, number[]>,
  ];
  for (const contender of quick ? contenders.slice(0, 2) : contenders) {
    const lab = await openLab([contender]);
    try {
      const bench = lab.of(contender.name);
      const empty = processMemory(lab.browser.profile);
      await fill(bench, 'kb12', quick ? 200 : 2000);
      await new Promise((resolve) => setTimeout(resolve, quick ? 0 : 2000));
      processes.set(contender.name, [processMemory(lab.browser.profile) - empty]);
      storage.set(contender.name, [(await bench.run('storedBytes')) / 1e6]);
      const worker = await lab.browser.worker(bench.origin.url);
      if (worker) {
        await worker.send('HeapProfiler.collectGarbage');
        heap.set(contender.name, [(await worker.send('Runtime.getHeapUsage')).usedSize / 1e6]);
      }
    } finally {
      await lab.close();
    }
  }
  const how = 'After 2,000 tiles of 12 KB (24.6 MB) were stored and read again, once, in a browser of its own.';
  const about = (title: string) => ({ title, unit: 'MB', better: 'less' as const, how });
  return {
    heap: metric(about('JavaScript heap of the worker'), labels, heap),
    processes: metric(about('Memory that all processes of the browser gained'), labels, processes),
    storage: metric(about('Storage that the browser counts'), labels, storage),
  };
};
