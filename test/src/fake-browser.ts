import { setMaxListeners } from 'node:events';
import type { Env } from '../../src/page/env';
import type { Tabs } from '../../src/page/tabs';
import { createFakeClock } from './fake-clock';
import {
  createFakeTileWorker,
  FakeContainer,
  fakeMessageChannel,
  FakeRegistration,
  FakeServiceWorker,
} from './fake-worker';
import { fakeStorage } from './fake-storage';
// Load this now, so that the client's dynamic imports settle without waiting for the file system.
import '../../src/client/on-demand';
import '../../src/versions/version-watch';
import '../../src/versions/stream';
import '../../src/worker/channel';

// Each listener that ends with a client's signal also listens to that signal.
setMaxListeners(100);

export const ORIGIN = 'https://maps.example';

/** An `EventSource` whose events the test sends. */
export class FakeEventSource {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 1;
  constructor(readonly url: string) {}
  close(): void {
    this.readyState = 2;
  }
}

export interface FakeTab {
  env: Env & Tabs;
  container: FakeContainer;
  sources: FakeEventSource[];
  show(state: DocumentVisibilityState): void;
  suspend(): void;
  resume(): void;
  /** Puts the page into the back/forward cache: timers stop, and messages of other tabs are lost. */
  leave(): void;
  comeBack(): void;
}

/** Creates a browser profile. Its tabs share the clock, the storage, the locks, the channels and the worker. */
export function createFakeBrowser() {
  const clock = createFakeClock();
  const stored = new Map<string, string>();
  const held = new Set<string>();
  const waiting: Array<() => void> = [];
  const channels = new Set<FakeBroadcast>();
  const tabs: FakeTab[] = [];
  const registration = new FakeRegistration(`${ORIGIN}/`);
  const tileWorker = createFakeTileWorker(() => tabs.map(({ container }) => container));
  const requests: Array<{ at: number; url: string; init: RequestInit | undefined; tab: number }> = [];
  const origin = {
    respond: (_init: RequestInit | undefined): Response | Promise<Response> => Response.json({ layers: {} }),
  };

  class FakeBroadcast {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    constructor(
      readonly name: string,
      readonly listens: () => boolean,
    ) {
      channels.add(this);
    }
    postMessage(data: unknown): void {
      for (const other of channels) {
        if (other !== this && other.name === this.name && other.listens())
          queueMicrotask(() => channels.has(other) && other.onmessage?.({ data: structuredClone(data) }));
      }
    }
    close(): void {
      channels.delete(this);
    }
  }

  const locks = {
    async request(name: string, options: LockOptions, run: (lock: unknown) => unknown) {
      if (held.has(name) && options.ifAvailable) return run(null);
      // The order in which several wait does not matter here.
      while (held.has(name)) await new Promise<void>((resolve) => waiting.push(resolve));
      held.add(name);
      try {
        return await run({ name });
      } finally {
        release(name);
      }
    },
  };
  const release = (name: string) => {
    held.delete(name);
    for (const resolve of waiting.splice(0)) resolve();
  };

  function activeWorker(): FakeServiceWorker {
    const worker = new FakeServiceWorker(`${ORIGIN}/sw.js`, 'activated', tileWorker.answer);
    registration.active = worker;
    return worker;
  }

  function openTab(
    options: { href?: string; worker?: boolean; locks?: boolean; random?: () => number; caches?: CacheStorage } = {},
  ): FakeTab {
    const { href = `${ORIGIN}/map`, worker = true } = options;
    const container = new FakeContainer(registration);
    container.controller = registration.active;
    const owner = {};
    let here = true;
    const index = tabs.length;
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' as DocumentVisibilityState });
    const sources: FakeEventSource[] = [];
    const env: Env & Tabs = {
      container: worker ? (container as unknown as ServiceWorkerContainer) : undefined,
      caches: options.caches,
      fetch: async (url, init) => {
        requests.push({ at: clock.now(), url: String(url), init, tab: index });
        return origin.respond(init);
      },
      now: clock.now,
      random: options.random ?? (() => 0.5),
      setTimeout: (run, ms) => clock.setTimeout(run, ms, owner),
      clearTimeout: clock.clearTimeout,
      locks: options.locks === false ? undefined : (locks as unknown as LockManager),
      broadcast: (name) => new FakeBroadcast(name, () => here) as unknown as BroadcastChannel,
      storage: fakeStorage(stored),
      messageChannel: fakeMessageChannel,
      eventSource: (url) => {
        const source = new FakeEventSource(url);
        sources.push(source);
        return source as unknown as EventSource;
      },
      window: new EventTarget(),
      document,
      href,
      onLine: () => true,
    };
    const tab: FakeTab = {
      env,
      container,
      sources,
      show(state) {
        document.visibilityState = state;
        document.dispatchEvent(new Event('visibilitychange'));
      },
      suspend: () => clock.suspend(owner),
      resume: () => clock.resume(owner),
      leave() {
        here = false;
        clock.suspend(owner);
      },
      comeBack() {
        here = true;
        clock.resume(owner);
        env.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
      },
    };
    tabs.push(tab);
    return tab;
  }

  return { clock, stored, held, release, tabs, registration, tileWorker, requests, origin, activeWorker, openTab };
}
