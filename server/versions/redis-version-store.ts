import { record, rule } from '../../src/shared/validate';
import { withDeadline } from '../http/deadline';
import { able, callable, checkOwnOptions, CODE, number } from '../util/option-readers';
import { parseState } from './parse-state';
import type { Bounded, RedisClient, RedisSubscriber } from './redis-client';
import { createRedisNews } from './redis-news';
import { createReading } from './redis-reading';
import { redisFailed } from './redis-refusal';
import { EMPTY_STATE, type OriginState } from './state';
import { createListeners, createQueue, type VersionStore } from './version-store';

export type { RedisClient, RedisSubscriber } from './redis-client';

/** Options of `createRedisVersionStore`. */
export interface RedisVersionStoreOptions {
  /** A connected client. */
  client: RedisClient;
  /** A second connected client, used only for subscriptions: `client.duplicate()`. */
  subscriber: RedisSubscriber;
  /** The key of the versions, also used as the channel's name. @default 'sw-tile-cache:versions' */
  key?: string;
  /**
   * Seconds that a command may take before it counts as failed, so that a hanging Redis does not block every
   * publication.
   * @default 5
   */
  timeout?: number;
  /**
   * Waits for the given number of seconds before a failed read is retried.
   * @default by setTimeout, which does not keep the process alive
   */
  sleep?: (seconds: number) => Promise<void>;
}

const readOptions = record<RedisVersionStoreOptions>(
  {
    client: able('a connected client of redis', 'get', 'eval'),
    subscriber: able('a second client', 'subscribe', 'unsubscribe', 'on', 'off'),
    key: rule((value) => typeof value === 'string' && value !== '', 'a key'),
    timeout: number(0.01, 3600, '0.01 to 3600 seconds'),
    sleep: callable(),
  },
  CODE,
);

// Writes the state only if nobody else has, and notifies the others in the same step. If Redis forbids the
// notification, nothing is written.
const SWAP = `
local held = redis.call('GET', KEYS[1]) or ''
if held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
local told = redis.pcall('PUBLISH', KEYS[1], ARGV[2])
if type(told) == 'table' and told.err then
  redis.call('SET', KEYS[1], held)
  return told
end
return 1`;

/**
 * Attempts of one write. At least one of the competing writers succeeds in each round, so this many may compete at
 * once.
 */
const MAX_ROUNDS = 50;

/**
 * Creates a store that keeps the versions in Redis, for an origin with several instances: each learns of publications
 * on the others. After a lost connection it reads the versions again, so that it misses no publication. Throws
 * `INVALID_OPTION`, which names the option.
 */
export function createRedisVersionStore(options: RedisVersionStoreOptions): VersionStore {
  checkOwnOptions(options, readOptions, 'client', 'subscriber');
  const { client, subscriber, key = 'sw-tile-cache:versions', timeout = 5, sleep = pause } = options;
  const bounded: Bounded = (answer) => withDeadline(answer, timeout).catch(fail);
  const listeners = createListeners();
  const inTurn = createQueue();
  // An 'error' event without a listener would end the process. The failed command reports the error itself.
  for (const each of [client, subscriber])
    (each as { on?(event: string, listener: () => void): void }).on?.('error', () => undefined);
  let listening: Promise<void> | undefined;

  const load = async (): Promise<[string, OriginState]> => {
    const text = (await bounded(client.get(key))) ?? '';
    return [text, text ? parseState(text) : EMPTY_STATE];
  };
  const reading = createReading({ read: async () => listeners.tell((await load())[1]), sleep });

  async function listen(): Promise<void> {
    await bounded(
      subscriber.subscribe(key, (message) => {
        try {
          listeners.tell(parseState(message));
        } catch {
          reading.request();
        }
      }),
    );
    subscriber.on('ready', reading.request);
  }

  async function write(change: Parameters<VersionStore['update']>[0]): Promise<OriginState> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const [text, state] = await load();
      const next = change(state);
      if (!next) return state;
      const swapped = await bounded(client.eval(SWAP, { keys: [key], arguments: [text, JSON.stringify(next)] }));
      if (swapped !== 1) continue;
      listeners.tell(next);
      return next;
    }
    return fail(new Error('too many writers'));
  }

  return {
    news: createRedisNews({ client, subscriber }, `${key}:beacons`, bounded),
    read: async () => (await load())[1],
    update: (change) => inTurn(() => write(change)),
    async watch(listener) {
      // After a failure, the next listener tries again.
      await (listening ??= listen().catch((error: unknown) => {
        listening = undefined;
        throw error;
      }));
      return listeners.add(listener);
    },
    async close() {
      const begun = listening;
      listening = undefined;
      reading.stop();
      subscriber.off('ready', reading.request);
      await begun?.then(() => bounded(subscriber.unsubscribe(key))).catch(() => undefined);
    },
  };
}

function fail(cause: unknown): never {
  throw redisFailed(cause);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, seconds * 1000);
    // Do not let the timer keep a Node process alive. Elsewhere, a timer is a number.
    (timer as { unref?(): void }).unref?.();
  });
}
