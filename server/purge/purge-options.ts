import { integer, record, rule, type Read, type Readers } from '../../src/shared/validate';
import { callable, CODE, number } from '../util/option-readers';
import type { PurgeOptions } from './purger';

/** Reads an option that the purger itself checks. */
export const asGiven: Read<never> = (value) => value as never;

/** The options that every purger has. A time limit in milliseconds is above the limits of each. */
const COMMON: Readers<PurgeOptions> = {
  fetch: callable(),
  now: callable(),
  sleep: callable(),
  random: callable(),
  attempts: integer(1, 100),
  timeout: rule<number>(
    (value) => typeof value === 'number' && value > 0 && value <= 600,
    'above 0, 600 seconds at most',
  ),
  requestsPerSecond: rule<number>((value) => typeof value === 'number' && value > 0, 'above 0'),
  patience: number(0, 86_400, '0 to 86400 seconds'),
};

/** Checks a purger's options, and refuses unknown ones. Throws `INVALID_OPTION`. */
export function checkPurgeOptions<T extends PurgeOptions>(options: T, own: Readers<Omit<T, keyof PurgeOptions>>): void {
  record<T>({ ...COMMON, ...own } as Readers<T>, CODE)(options, '', CODE);
}
