/** The body that goes to the page. The reader for the store feeds it, so the bytes are held once. */
export interface PageBody {
  readonly stream: ReadableStream<Uint8Array>;
  write(chunk: Uint8Array): void;
  close(): void;
  fail(error: unknown): void;
  /** Resolves when the page has read everything so far, or has left. */
  hungry(): Promise<void>;
  /** True when the page has left. */
  readonly gone: boolean;
  /** Resolves when nothing more goes to the page. */
  readonly finished: Promise<void>;
}

export function createPageBody(): PageBody {
  let gone = false;
  let fed: (() => void) | undefined;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const wake = () => {
    fed?.();
    fed = undefined;
  };
  const stream = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    pull: wake,
    cancel() {
      gone = true;
      wake();
      finish();
    },
  });
  const safely = (act: (open: ReadableStreamDefaultController<Uint8Array>) => void) => {
    if (!gone && controller) act(controller);
  };
  return {
    stream,
    write: (chunk) => safely((open) => open.enqueue(chunk)),
    close() {
      safely((open) => open.close());
      finish();
    },
    fail(error) {
      safely((open) => open.error(error));
      finish();
    },
    finished,
    hungry: () =>
      gone || (controller?.desiredSize ?? 0) > 0 ? Promise.resolve() : new Promise((resolve) => (fed = resolve)),
    get gone() {
      return gone;
    },
  };
}
