import { TileCacheError } from '../../src/shared/errors';

/** Remedies by the first word of the error with which Redis refuses a command. */
const REMEDIES = {
  READONLY: 'The client is connected to a replica. Connect it to the primary, and reconnect after a failover.',
  OOM: 'Give Redis more memory (maxmemory), and set a policy that evicts nothing from this database.',
  NOPERM: 'Allow the user GET, SET, EVAL, PUBLISH and SUBSCRIBE on the key and the channel of its name.',
  NOAUTH: 'Give the client the password of Redis.',
  WRONGTYPE: "Another program uses the key: name another one in the store's option key.",
  MISCONF: 'Redis cannot write to its disk: make room, or look at its log.',
  LOADING: 'Redis is starting: try again.',
  MASTERDOWN: 'The replica has lost its primary: connect the client to the primary.',
  CLUSTERDOWN: 'The cluster is down: look at its nodes.',
  NOREPLICAS: 'Too few replicas are connected: look at them, or at min-replicas-to-write.',
  BUSY: 'A script blocks Redis: end it with SCRIPT KILL.',
};

/** Creates the store's error for a failed command. It quotes only the code that Redis sent. */
export function redisFailed(cause: unknown): TileCacheError {
  // Inside a script, Redis words this error differently.
  const said = (cause instanceof Error ? cause.message : '').replace(/^ERR The user executing the script/, 'NOPERM');
  const word = (Object.keys(REMEDIES) as Array<keyof typeof REMEDIES>).find((each) =>
    new RegExp(`(^|[^A-Z])${each}\\b`).test(said),
  );
  return new TileCacheError(
    word
      ? { code: 'STORAGE_FAILED', message: `Redis refused (${word}).`, remedy: REMEDIES[word] }
      : {
          code: 'STORAGE_FAILED',
          message: 'Redis did not answer as expected.',
          remedy: 'Check the connection to Redis.',
        },
    { cause },
  );
}
