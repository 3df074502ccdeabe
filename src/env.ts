/** What the client takes from the browser; tests hand in their own. */
export interface Env {
  /** `undefined` where service workers are missing or forbidden. */
  container: ServiceWorkerContainer | undefined;
  fetch: typeof fetch;
  /** Epoch milliseconds. */
  now(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  locks: Pick<LockManager, 'request'> | undefined;
  broadcast(name: string): BroadcastChannel | undefined;
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  messageChannel(): MessageChannel;
  eventSource(url: string): EventSource;
  window: EventTarget;
  document: EventTarget & { readonly visibilityState: DocumentVisibilityState };
  /** The page's own address. */
  href: string;
  onLine(): boolean;
}

/** `undefined` for what throws: browsers forbid storage and workers in sandboxed frames by throwing. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** The browser itself. Outside of one (server-side rendering) everything is missing and nothing throws. */
export function browserEnv(): Env {
  const nothing = Object.assign(new EventTarget(), { visibilityState: 'hidden' as const });
  return {
    container: attempt(() => navigator.serviceWorker),
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    random: Math.random,
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    locks: attempt(() => navigator.locks),
    broadcast: (name) => attempt(() => new BroadcastChannel(name)),
    storage: attempt(() => localStorage),
    messageChannel: () => new MessageChannel(),
    eventSource: (url) => new EventSource(url),
    window: attempt(() => window) ?? nothing,
    document: attempt(() => document) ?? nothing,
    href: attempt(() => location.href) ?? 'http://localhost/',
    onLine: () => attempt(() => navigator.onLine) !== false,
  };
}

/** 128 random bits as text; works in insecure contexts, where `randomUUID` is missing. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('');
}

/** Adds a listener; returns the function that removes it. */
export function listen(target: EventTarget, type: string, listener: (event: Event) => void): () => void {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}

/** 32 bits of a text: tells addresses apart without storing them, for they may hold secrets. */
export function hash(text: string): string {
  let value = 0;
  for (const char of text) value = (Math.imul(value, 31) + char.charCodeAt(0)) | 0;
  return (value >>> 0).toString(36);
}
