import type { VersionManifest } from '../../src/shared/manifest';
import { parseManifest } from '../../src/shared/parse-manifest';
import type { AckMessage, WorkerStatus } from '../../src/shared/answers';
import type { PageMessage } from '../../src/shared/page-messages';

type Posted = PageMessage & { id: string };
export type Reply = (ack: AckMessage | unknown) => void;

/** Creates a `MessageChannel` whose ports deliver in a microtask, and no longer once closed. */
export function fakeMessageChannel(): MessageChannel {
  const make = () => ({
    onmessage: null as ((event: unknown) => void) | null,
    closed: false,
    other: undefined as unknown,
    postMessage: (_: unknown) => {},
    close: () => {},
  });
  const port1 = make();
  const port2 = make();
  for (const [from, to] of [
    [port1, port2],
    [port2, port1],
  ] as const) {
    from.postMessage = (data) => queueMicrotask(() => !to.closed && to.onmessage?.({ data: structuredClone(data) }));
    from.close = () => void (from.closed = true);
  }
  return { port1, port2 } as unknown as MessageChannel;
}

/** A `ServiceWorker` as a page sees it. `answer` plays the worker's side. */
export class FakeServiceWorker extends EventTarget {
  received: Posted[] = [];
  constructor(
    readonly scriptURL: string,
    public state: ServiceWorkerState = 'activated',
    public answer: (message: Posted, reply: Reply) => void = () => {},
  ) {
    super();
  }
  postMessage(message: unknown, transfer: MessagePort[] = []): void {
    const copy = structuredClone(message) as Posted;
    this.received.push(copy);
    queueMicrotask(() => this.answer(copy, (ack) => transfer[0]?.postMessage(ack)));
  }
  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

export class FakeRegistration extends EventTarget {
  installing: FakeServiceWorker | null = null;
  readonly update = (): Promise<unknown> => Promise.resolve(this);
  waiting: FakeServiceWorker | null = null;
  active: FakeServiceWorker | null = null;
  constructor(readonly scope: string) {
    super();
  }
  install(worker: FakeServiceWorker): void {
    this.installing = worker;
    worker.state = 'installing';
    this.dispatchEvent(new Event('updatefound'));
  }
  wait(): void {
    this.waiting = this.installing;
    this.installing = null;
    this.waiting?.become('installed');
  }
  activate(): void {
    const worker = (this.waiting ?? this.installing)!;
    const old = this.active;
    this.waiting = this.installing = null;
    this.active = worker;
    worker.become('activating');
    old?.become('redundant');
    worker.become('activated');
  }
}

/** The `navigator.serviceWorker` of one page. */
export class FakeContainer extends EventTarget {
  controller: FakeServiceWorker | null = null;
  started = false;
  registered: Array<[string, RegistrationOptions | undefined]> = [];
  ready: Promise<FakeRegistration> = new Promise(() => {});
  constructor(
    public found: FakeRegistration | undefined,
    public register = async (url: string, options?: RegistrationOptions): Promise<FakeRegistration> => {
      this.registered.push([url, options]);
      if (!this.found) throw new TypeError('no registration');
      return this.found;
    },
  ) {
    super();
  }
  async getRegistration(): Promise<FakeRegistration | undefined> {
    return this.found;
  }
  startMessages(): void {
    this.started = true;
  }
  control(worker: FakeServiceWorker | null): void {
    this.controller = worker;
    this.dispatchEvent(new Event('controllerchange'));
  }
  deliver(data: unknown, source: unknown = null): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: structuredClone(data), source }));
  }
}

/** Creates the worker's side as pages see it: it stores versions by the rules, and posts them to every window. */
export function createFakeTileWorker(windows: () => FakeContainer[]) {
  const versions = new Map<string, { version: string; revision: number | undefined; confirmedAt: number }>();
  /** Number of messages to lose, as if the worker was being stopped. */
  const knobs = { lose: 0, loseAcks: 0, refuse: undefined as unknown, noRoom: [] as string[] };
  const told: Array<{ manifest: VersionManifest; confirmedAt: number; believe?: string[] }> = [];

  function answer(message: Posted, reply: Reply): void {
    if (knobs.lose > 0) return void (knobs.lose -= 1);
    const ok = (result: unknown) => {
      // As if the worker was stopped after the work, before the ack was sent.
      if (knobs.loseAcks > 0) knobs.loseAcks -= 1;
      else reply({ type: 'TILE_ACK', id: message.id, ok: true, result });
    };
    if (knobs.refuse) return reply({ type: 'TILE_ACK', id: message.id, ok: false, error: knobs.refuse });
    if (message.type === 'TILE_STATUS') {
      const layers = Object.fromEntries([...versions].map(([layer, entry]) => [layer, { ...entry, rules: 0 }]));
      return ok({ layers, offline: false, storage: true } satisfies WorkerStatus);
    }
    if (message.type !== 'TILE_VERSIONS') return ok({});
    told.push(message);
    const { all, layers } = parseManifest(message.manifest);
    const changed: Array<{ layer: string; version: string; previous: string }> = [];
    for (const [layer, entry] of [...Object.entries(layers), ...(all ? [['*', all] as const] : [])]) {
      const known = versions.get(layer);
      const lower = entry.revision !== undefined && known?.revision !== undefined && entry.revision < known.revision;
      if ((lower && !message.believe?.includes(layer)) || knobs.noRoom.includes(layer)) continue;
      versions.set(layer, { version: entry.version, revision: entry.revision, confirmedAt: message.confirmedAt });
      if (known && known.version !== entry.version)
        changed.push({ layer, version: entry.version, previous: known.version });
    }
    for (const change of changed) for (const page of windows()) page.deliver({ type: 'VERSION_CHANGED', ...change });
    ok({ changed, ...(knobs.noRoom.length > 0 && { refused: knobs.noRoom }) });
  }

  return { answer, versions, told, knobs };
}
