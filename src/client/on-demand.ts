// Code that every page needs, but not before its map: one script that loads after the first. Each further script would
// be another request, and compress worse. Code that only few pages need (rum/) is in a script of its own.
export { createChannel } from '../worker/channel';
export { createKeepAwake } from '../worker/keep-awake';
export { watchUpdates } from '../worker/watch-updates';
export { startVersionWatch } from '../versions/version-watch';
export { hash } from '../page/hash';
export { randomId } from '../page/random-id';
export { isRefusedStatus } from '../shared/refused-status';
export { workerCommands } from './commands';
export { keepOpen } from './keep-open';
export { createOrders } from './orders';
export { isSwitchedOff } from './switched-off';
