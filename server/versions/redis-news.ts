import type { Bounded, RedisClient, RedisSubscriber } from './redis-client';
import type { StoreNews } from './version-store';

const TELL = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`;

/** Opens a channel. The first listener subscribes for all listeners of this store. */
export function createRedisNews(
  { client, subscriber }: { client: RedisClient; subscriber: RedisSubscriber },
  channel: string,
  bounded: Bounded,
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
        bounded(subscriber.unsubscribe(channel)).catch(() => undefined);
      };
    },
  };
}
