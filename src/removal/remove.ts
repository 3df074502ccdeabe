import { hasStored, removeStored, type RemovedStorage, type Storages } from '../shared/removal';
import { isRecord, refuse, refuseUnknown } from '../shared/validate';

/** Options of `removeTileCache`. */
export interface RemovalOptions {
  /** The worker's scope: a URL, or a path of this origin. @default the scope of this page's registration */
  scope?: string;
  /** Keeps the worker registered, without the tile cache: for a worker that does more than cache tiles. @default false */
  keepWorker?: boolean;
}

/** Result of `removeTileCache`. */
export interface RemovedTileCache extends RemovedStorage {
  /**
   * The scope whose worker was unregistered. `undefined` if there was none, or if the browser took too long: call the
   * function again.
   */
  unregistered: string | undefined;
}

/** The parts of the browser that the removal needs; tests pass their own. */
export interface RemovalEnv extends Storages {
  container: Pick<ServiceWorkerContainer, 'getRegistration' | 'getRegistrations'> | undefined;
  channel: () => MessageChannel;
  /** The storage in which tabs share their last version check. */
  records: Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'> | undefined;
  href: string;
}

/** Milliseconds to wait until the worker says that it has stopped. Earlier releases never say so. */
const ANSWER_MS = 2000;
/**
 * Milliseconds to wait until the browser has unregistered the worker. Chromium never does while an update of a hanging
 * worker is pending.
 */
const UNREGISTER_MS = 5000;
/** The scope whose worker the browser had not unregistered in time. */
const LATE = 'tile-cache-removing';

export async function remove(options: RemovalOptions, env: RemovalEnv): Promise<RemovedTileCache> {
  const wanted = check(options, env.href);
  const registration = await find(env, wanted).catch(() => undefined);
  const scope = wanted ?? registration?.scope ?? new URL('./', env.href).href;
  const { records } = env;
  // After the first call, the worker that is found may be the app's own.
  const known = attempt(() => records?.getItem(LATE)) === scope || (await hasStored(env, scope));
  // A stopped cache stores nothing more: neither responses on their way nor what open pages still request.
  const stopped = registration && (await stop(registration, env));
  const ours = !options.keepWorker && (known || stopped) ? registration : undefined;
  const gone = ours && (await unregister(ours, env));
  attempt(() => (ours && !gone ? records?.setItem(LATE, scope) : known && records?.removeItem(LATE)));
  forgetRecords(env);
  return { unregistered: gone ? scope : undefined, ...(await removeStored(env, scope)) };
}

function check(options: RemovalOptions, href: string): string | undefined {
  if (!isRecord(options)) refuse('INVALID_OPTION', 'options', 'an object');
  // A misspelt `scope` would remove another worker, a misspelt `keepWorker` the app's own.
  refuseUnknown(options, { scope: true, keepWorker: true });
  const { scope } = options as RemovalOptions;
  if (scope === undefined) return undefined;
  if (typeof scope !== 'string' || !URL.canParse(scope, href)) refuse('INVALID_OPTION', 'scope', 'a URL or a path');
  return new URL(scope, href).href;
}

async function find({ container }: RemovalEnv, scope: string | undefined) {
  if (scope === undefined) return container?.getRegistration();
  // `getRegistration(scope)` would also return a registration with a wider scope.
  return (await container?.getRegistrations())?.find((one) => one.scope === scope);
}

function forgetRecords({ records }: RemovalEnv): void {
  // If the browser forbids it, there are none.
  attempt(() => {
    const names = Array.from({ length: records?.length ?? 0 }, (_, index) => records?.key(index) ?? '');
    for (const name of names) if (name.startsWith('tile-cache:')) records?.removeItem(name);
  });
}

const unregister = (registration: ServiceWorkerRegistration, { wait }: RemovalEnv): Promise<boolean> =>
  Promise.race([registration.unregister().catch(() => false), wait(UNREGISTER_MS).then(() => false)]);

/** Resolves with true if the worker says that it has stopped. */
async function stop({ active }: ServiceWorkerRegistration, { channel, wait }: RemovalEnv): Promise<boolean> {
  if (!active) return false;
  const { port1, port2 } = channel();
  const answered = new Promise<true>((resolve) => (port1.onmessage = () => resolve(true)));
  active.postMessage({ type: 'TILE_STOP' }, [port2]);
  const stopped = await Promise.race([answered, wait(ANSWER_MS).then(() => false)]);
  port1.close();
  return stopped;
}

/** Returns `undefined` if the browser forbids it. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
