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

/** Limits the time of a command, and gives its failure the store's words. */
export type Bounded = <T>(answer: Promise<T>) => Promise<T>;
