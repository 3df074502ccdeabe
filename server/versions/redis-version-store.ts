import { record, rule } from '../../src/shared/validate';
import { withDeadline } from '../http/deadline';
import { able, callable, checkStoreOptions, CODE, number } from '../util/option-readers';
import { parseState } from './parse-state';
import { redisFailed } from './redis-refusal';
import { EMPTY_STATE, type OriginState } from './state';
import { createListeners, createQueue, type StoreNews, type VersionStore } from './version-store';

/** What is used of a connected client of the `redis` package. */
export interface RedisClient {
  /** As node-redis's. */
  get(key: string): Promise<string | null>;
  /** As node-redis's. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** What is used of a second client, which does nothing but listen (`client.duplicate()`, connected). */
export interface RedisSubscriber {
  /** As node-redis's. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** As node-redis's. */
  unsubscribe(channel: string): Promise<unknown>;
  /** `ready` comes again after every reconnection. */
  on(event: 'ready', listener: () => void): unknown;
  /** As node-redis's. */
  off(event: 'ready', listener: () => void): unknown;
}

/** Options of `createRedisVersionStore`. */
export interface RedisVersionStoreOptions {
  /** A connected client. */
  client: RedisClient;
  /** A connected client of its own for subscriptions: `client.duplicate()`. */
  subscriber: RedisSubscriber;
  /** The key of the versions; the channel is the same name. @default 'sw-tile-cache:versions' */
  key?: string;
  /** Seconds that one command may take; then it counts as failed. A Redis that hangs would else hold up every publication. @default 5 */
  timeout?: number;
  /** Waits so many seconds before a failed reading is tried again. @default by setTimeout, which keeps no process alive */
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

// Set only if nobody wrote in between, and tell the others in the same step: what nobody may be told is not kept.
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

/** Writers that meet at one key at once; each round at least one of them gets through. */
const MAX_ROUNDS = 50;

/** Seconds between two readings while Redis does not answer. */
const FIRST_PAUSE = 0.25;
const LONGEST_PAUSE = 10;

/**
 * Keeps the versions in Redis, for an origin of several instances: a publication on one is heard by the others.
 * After a lost connection the versions are read again, so that nothing told meanwhile is missed.
 * Throws `INVALID_OPTION`, naming the option.
 */
export function createRedisVersionStore(options: RedisVersionStoreOptions): VersionStore {
  checkStoreOptions(options, readOptions, 'client', 'subscriber');
  const { client, subscriber, key = 'sw-tile-cache:versions', timeout = 5, sleep = pause } = options;
  const bounded = <T>(answer: Promise<T>): Promise<T> => withDeadline(answer, timeout).catch(fail);
  const listeners = createListeners();
  const inTurn = createQueue();
  // An 'error' event that nobody listens to ends the process. What fails is told by the command that failed.
  for (const each of [client, subscriber])
    (each as { on?(event: string, listener: () => void): void }).on?.('error', ignore);
  let listening: Promise<void> | undefined;
  /** Readings that were asked for; the one under way may have begun too early for the last of them. */
  let asked = 0;
  let reading = false;

  const load = async (): Promise<[string, OriginState]> => {
    const text = (await bounded(client.get(key))) ?? '';
    return [text, text ? parseState(text) : EMPTY_STATE];
  };

  /** Reads until it succeeds: else what was told meanwhile would stay unheard until the next publication. */
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
      // What failed is tried anew by the next one who listens.
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

/** A channel beside that of the versions; whoever subscribes first does so for all listeners of this store. */
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
    // Node only: a number elsewhere.
    (timer as { unref?(): void }).unref?.();
  });
}
