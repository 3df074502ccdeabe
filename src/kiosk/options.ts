import { attempt } from '../page/env';
import { TileCacheError } from '../shared/errors';
import { nearest } from '../shared/nearest';
import type { KeepAliveOptions, KioskBinding } from './types';

const KNOWN: readonly (keyof KeepAliveOptions)[] = ['every', 'checkWithin', 'maxHeap', 'redraw', 'health', 'signal'];
/** Maximum seconds of the options. A larger value would be meant as milliseconds, or never watch anything. */
const MOST = { every: 3600, checkWithin: 86_400 };

/** Returns the options with every default filled in. Throws `INVALID_OPTION`, which names the option. */
export function readKeepAliveOptions(bindings: readonly KioskBinding[], options: KeepAliveOptions, base: string) {
  const { every = 5, checkWithin = 900, maxHeap = 0.9, health } = options;
  need(
    bindings.length > 0 && bindings.every((one) => typeof one?.view === 'function'),
    'bindings',
    'at least one binding',
  );
  known(options, KNOWN);
  known(health ?? {}, ['endpoint', 'name'], 'health.');
  seconds(every, 'every', 1);
  seconds(checkWithin, 'checkWithin', 10);
  need(maxHeap > 0 && maxHeap <= 1, 'maxHeap', 'a share above 0, up to 1');
  need(!health || /^[\w .:-]{1,64}$/.test(health.name), 'health.name', '1 to 64 letters, digits, spaces or . : _ -');
  need(!health || !!attempt(() => new URL(health.endpoint, base)), 'health.endpoint', 'a URL');
  return { ...options, every, checkWithin, maxHeap };
}

function known(options: object, names: readonly string[], at = ''): void {
  for (const name of Object.keys(options)) {
    const near = nearest(name, names);
    const remedy = near ? `Did you mean ${near}?` : `Use one of ${names.join(', ')}.`;
    need(names.includes(name), `${at}${name}`, 'an option that exists', remedy);
  }
}

function seconds(value: number, field: keyof typeof MOST, least: number): void {
  const inSeconds = value / 1000;
  const asks = value > MOST[field] && inSeconds >= least && inSeconds <= MOST[field];
  const remedy = asks ? `Are these milliseconds? In seconds it is ${inSeconds}.` : undefined;
  need(value >= least && value <= MOST[field], field, `seconds from ${least} to ${MOST[field]}`, remedy);
}

function need(holds: boolean, field: string, must: string, remedy = `Correct ${field}.`): void {
  if (!holds) throw new TileCacheError({ code: 'INVALID_OPTION', field, message: `${field} must be ${must}.`, remedy });
}
