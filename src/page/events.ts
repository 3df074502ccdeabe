/** A typed emitter. */
export interface Emitter<Events> {
  /** Subscribes; returns the function that unsubscribes. */
  on<K extends keyof Events>(event: K, listener: (detail: Events[K]) => void): () => void;
  emit<K extends keyof Events>(event: K, detail: Events[K]): void;
  /** Forgets every listener, for good. */
  close(): void;
}

/** Creates an emitter. A listener that throws stops no other; its error is reported as an uncaught one. */
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
      // The list is replaced, never changed: a listener that unsubscribes during an event does not disturb the others.
      for (const entry of listeners) {
        if (entry.event !== event) continue;
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
