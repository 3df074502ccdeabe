import type { TabStorage } from '../client/reload-budget';
import { attempt } from '../page/env';
import { isRecord } from '../shared/validate';
import { LADDERS, type Symptom, type Tried } from './ladder';
import type { WatchdogParts } from './watchdog';

const KEY = 'tile-cache-heals';
/** Milliseconds after which earlier attempts are forgotten, also if the clock was set by more. */
const FORGOTTEN = 600_000;

/** Remembers the remedies that were tried, for the page after a reload. */
export function createMemory(
  storage: TabStorage | undefined,
  now: () => number,
): Required<Pick<WatchdogParts, 'recall' | 'remember'>> {
  return {
    recall() {
      const noted = attempt(() => JSON.parse(storage?.getItem(KEY) ?? 'null') as unknown);
      if (!isRecord(noted) || !isRecord(noted['tried']) || !(Math.abs(now() - Number(noted['at'])) < FORGOTTEN))
        return {};
      const { tried } = noted;
      const known = (Object.keys(LADDERS) as Symptom[]).filter((symptom) => Number.isSafeInteger(tried[symptom]));
      return Object.fromEntries(known.map((symptom) => [symptom, Math.max(0, tried[symptom] as number)])) as Tried;
    },
    remember: (tried) => void attempt(() => storage?.setItem(KEY, JSON.stringify({ at: now(), tried }))),
  };
}
