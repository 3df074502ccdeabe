/** A typed emitter. */
export interface Emitter<Events> {
  /** Subscribes; returns the function that unsubscribes. */
  on<K extends keyof Events>(event: K, listener: (detail: Events[K]) => void): () => void;
  emit<K extends keyof Events>(event: K, detail: Events[K]): void;
  /** Removes every listener, for good. */
  close(): void;
}

/** Creates an emitter. If a listener throws, the others still run, and the browser reports an uncaught error. */
export function createEmitter<Events>(): Emitter<Events> {
  let listeners: Array<{ event: keyof Events; run: (detail: never) => void }> = [];
  let closed = false;
  return {
    on(event, run) {
      const entry = { event, run: run as (detail: never) => void };
      if (!closed) listeners = [...listeners, entry];
      return () => {
        listeners = listeners.filter((other) => other !== entry);
      };
    },
    emit(event, detail) {
      // The list is replaced and never changed, so a listener may unsubscribe itself and others during an event.
      for (const entry of listeners) {
        if (entry.event !== event || !listeners.includes(entry)) continue;
        try {
          entry.run(detail as never);
        } catch (error) {
          reportLater(error);
        }
      }
    },
    close() {
      closed = true;
      listeners = [];
    },
  };
}

function reportLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
