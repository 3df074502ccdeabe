import { record, rule } from '../../src/shared/validate';
import { withDeadline } from '../http/deadline';
import { able, callable, checkStoreOptions, CODE, number } from '../util/option-readers';
import { parseState } from './parse-state';
import { redisFailed } from './redis-refusal';
import { EMPTY_STATE, type OriginState } from './state';
import { createListeners, createQueue, type StoreNews, type VersionStore } from './version-store';

/** The part of a connected client of the `redis` package that the store uses. */
export interface RedisClient {
  /** Reads a key, as node-redis does. */
  get(key: string): Promise<string | null>;
  /** Runs a Lua script, as node-redis does. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** The part of a second client that the store uses only to subscribe: `client.duplicate()`, connected. */
export interface RedisSubscriber {
  /** Subscribes to a channel, as node-redis does. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Unsubscribes from a channel, as node-redis does. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Adds a listener. node-redis emits `ready` again after every reconnection. */
  on(event: 'ready', listener: () => void): unknown;
  /** Removes a listener, as node-redis does. */
  off(event: 'ready', listener: () => void): unknown;
}

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

const TELL = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`;

/**
 * Attempts of one write. At least one of the competing writers succeeds in each round, so this many may compete at
 * once.
 */
const MAX_ROUNDS = 50;

/** Seconds between two reads while Redis does not answer. */
const FIRST_PAUSE = 0.25;
const LONGEST_PAUSE = 10;

/**
 * Creates a store that keeps the versions in Redis, for an origin with several instances: each hears of publications at
 * the others. After a lost connection it reads the versions again, so that it misses no publication. Throws
 * `INVALID_OPTION`, which names the option.
 */
export function createRedisVersionStore(options: RedisVersionStoreOptions): VersionStore {
  checkStoreOptions(options, readOptions, 'client', 'subscriber');
  const { client, subscriber, key = 'sw-tile-cache:versions', timeout = 5, sleep = pause } = options;
  const bounded = <T>(answer: Promise<T>): Promise<T> => withDeadline(answer, timeout).catch(fail);
  const listeners = createListeners();
  const inTurn = createQueue();
  // An 'error' event without a listener would end the process. The failed command reports the error itself.
  for (const each of [client, subscriber])
    (each as { on?(event: string, listener: () => void): void }).on?.('error', ignore);
  let listening: Promise<void> | undefined;
  /** The number of reads requested. The read in progress may have started too early for the last request. */
  let asked = 0;
  let reading = false;

  const load = async (): Promise<[string, OriginState]> => {
    const text = (await bounded(client.get(key))) ?? '';
    return [text, text ? parseState(text) : EMPTY_STATE];
  };

  /** Reads until it succeeds, so that a publication that was announced meanwhile is not missed until the next one. */
  async function readAgain(): Promise<void> {
    reading = true;
    let read = 0;
    for (let wait = FIRST_PAUSE; read < asked && listening;) {
      const from = asked;
      try {
        listeners.tell((await load())[1]);
        [read, wait] = [from, FIRST_PAUSE];
      } catch {
        await sleep(wait);
        wait = Math.min(LONGEST_PAUSE, wait * 2);
      }
    }
    reading = false;
  }

  function reread(): void {
    asked += 1;
    if (!reading) void readAgain();
  }

  async function listen(): Promise<void> {
    await bounded(
      subscriber.subscribe(key, (message) => {
        try {
          listeners.tell(parseState(message));
        } catch {
          reread();
        }
      }),
    );
    subscriber.on('ready', reread);
  }

  return {
    news: newsOver({ client, subscriber }, `${key}:beacons`, bounded),
    read: async () => (await load())[1],
    update: (change) =>
      inTurn(async () => {
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
      }),
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
      subscriber.off('ready', reread);
      await begun?.then(() => bounded(subscriber.unsubscribe(key))).catch(() => undefined);
    },
  };
}

/** Opens a channel beside that of the versions. The first listener subscribes for all listeners of this store. */
function newsOver(
  { client, subscriber }: Pick<RedisVersionStoreOptions, 'client' | 'subscriber'>,
  channel: string,
  bounded: <T>(answer: Promise<T>) => Promise<T>,
): StoreNews {
  const hearers = new Set<(message: string) => void>();
  let listening: Promise<unknown> | undefined;
  return {
    async tell(message) {
      await bounded(client.eval(TELL, { keys: [channel], arguments: [message] }));
    },
    async watch(listener) {
      await (listening ??= bounded(
        subscriber.subscribe(channel, (text) => hearers.forEach((hear) => hear(text))),
      ).catch((error: unknown) => {
        listening = undefined;
        throw error;
      }));
      hearers.add(listener);
      return () => {
        hearers.delete(listener);
        if (hearers.size > 0) return;
        listening = undefined;
        bounded(subscriber.unsubscribe(channel)).catch(ignore);
      };
    },
  };
}

function ignore(): void {}

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
