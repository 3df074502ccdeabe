import { attempt } from '../page/env';
import { hash } from '../page/hash';
import { OFF } from './off-key';
import type { TabStorage } from './reload-budget';

/** The most scripts of switched-off workers that one browser remembers. */
const SCRIPTS = 16;

const switchedOff = (storage: TabStorage | undefined) =>
  (attempt(() => storage?.getItem(OFF)) ?? '').split(' ').filter(Boolean);

/** True while the origin has the worker switched off: it is not registered then. */
export const isSwitchedOff = (storage: TabStorage | undefined, script = ''): boolean =>
  switchedOff(storage).includes(hash(script));

/** Notes whether the worker with this script is switched off. */
export function noteSwitch(storage: TabStorage | undefined, off: boolean, script = ''): void {
  const others = switchedOff(storage).filter((id) => id !== hash(script));
  const list = off ? [...others, hash(script)] : others;
  attempt(() => storage?.setItem(OFF, list.slice(-SCRIPTS).join(' ')));
}
