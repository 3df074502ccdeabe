import type { Door, Patiently } from './door';

/** Opens caches, each once for all callers. */
export interface OpenCaches {
  /** Opens the handle when called. */
  open(cacheName: string, patiently?: Patiently): Promise<Cache>;
  /** Forgets handles, by default all: a caller that needs one opens it again. */
  forget(cacheNames?: readonly string[]): void;
  /** Opens nothing from now on. */
  close(): void;
}

const MAX_HANDLES = 1000;

export function createOpenCaches(
  open: (cacheName: string) => Promise<Cache>,
  door: Door,
  patientDoor: Door,
): OpenCaches {
  const handles = new Map<string, Promise<Cache>>();
  let closed = false;
  return {
    open(cacheName, patiently) {
      if (closed) return Promise.reject(new Error('the store is closed'));
      let handle = handles.get(cacheName);
      if (!handle) {
        const opening = door.through(() => open(cacheName));
        if (handles.size >= MAX_HANDLES) handles.clear();
        handles.set(cacheName, (handle = opening));
        handle.catch(() => handles.get(cacheName) === opening && handles.delete(cacheName));
      }
      // Do not share this handle: it may open only after the cache has been deleted.
      return patiently ? handle.catch(() => patientDoor.through(() => open(cacheName))) : handle;
    },
    forget(cacheNames = [...handles.keys()]) {
      for (const name of cacheNames) handles.delete(name);
    },
    close: () => (closed = true),
  };
}
