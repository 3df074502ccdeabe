/**
 * A cache with the browser behaviour that matters to these tests: one entry per URL, and handles that outlive a deleted
 * cache.
 */
export class FakeCache {
  constructor(
    readonly pause: (what: string) => Promise<void>,
    readonly entries = new Map<
      string,
      { status: number; headers: [string, string][]; body: Uint8Array<ArrayBuffer> | null }
    >(),
  ) {}

  async match(key: string): Promise<Response | undefined> {
    await this.pause(`match ${key}`);
    const entry = this.entries.get(key);
    return entry && new Response(entry.body, { status: entry.status, headers: entry.headers });
  }

  async put(key: string, response: Response): Promise<void> {
    const body = response.body === null ? null : new Uint8Array(await response.arrayBuffer());
    const entry = { status: response.status, headers: [...response.headers], body };
    await this.pause(`put ${key}`);
    this.entries.set(key, entry);
  }

  async delete(key: string | Request): Promise<boolean> {
    const url = typeof key === 'string' ? key : key.url;
    await this.pause(`delete ${url}`);
    return this.entries.delete(url);
  }

  async keys(): Promise<Request[]> {
    return [...this.entries.keys()].map((url) => new Request(url));
  }
}

/** A fake `caches`. It awaits `pause` before each effect, so that tests can interleave the effects. */
export class FakeCacheStorage {
  readonly caches = new Map<string, FakeCache>();
  reads = 0;
  constructor(readonly pause: (what: string) => Promise<void> = async () => {}) {}

  async open(name: string): Promise<FakeCache> {
    await this.pause(`open ${name}`);
    let cache = this.caches.get(name);
    if (!cache) this.caches.set(name, (cache = new FakeCache(this.pause)));
    // A cache outlives the worker that created it. Each life of the worker has its own handle.
    return cache.pause === this.pause ? cache : new FakeCache(this.pause, cache.entries);
  }

  async keys(): Promise<string[]> {
    await this.pause('keys');
    return [...this.caches.keys()];
  }

  async has(name: string): Promise<boolean> {
    await this.pause('has');
    return this.caches.has(name);
  }

  async delete(name: string): Promise<boolean> {
    await this.pause(`drop ${name}`);
    return this.caches.delete(name);
  }

  asStorage(): CacheStorage {
    return this as unknown as CacheStorage;
  }
}
