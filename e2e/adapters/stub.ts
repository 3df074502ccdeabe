/** A client that only emits the events that a test tells it to. Bundled into pages. */
export function createStub() {
  const listeners = new Map<string, Set<(detail: never) => void>>();
  const versions = new Map<string, string>();
  const views: unknown[] = [];
  return {
    views,
    versions,
    listenerCount: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
    emit(event: string, detail: Record<string, unknown>) {
      if (event === 'versionchange') versions.set(detail['layer'] as string, detail['version'] as string);
      for (const listener of listeners.get(event) ?? []) listener(detail as never);
    },
    version: (layer: string) => versions.get(layer),
    viewport: (view: unknown) => void views.push(view),
    status: () => ({ state: 'active', offline: false, checkedAt: undefined, failures: 0, layers: {} }),
    on(event: string, listener: (detail: never) => void) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => void set.delete(listener);
    },
  };
}
