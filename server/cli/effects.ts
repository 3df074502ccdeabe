/** The effects of the command on its surroundings. */
export interface CliEffects {
  out(text: string): void;
  err(text: string): void;
  readFile(path: string): Promise<string>;
  readStdin(): Promise<string>;
  /** Resolves with the package's own version. */
  packageVersion(): Promise<string>;
  env: Record<string, string | undefined>;
  fetch: typeof fetch;
  /** Calls `listener` when the command is about to be interrupted. Returns a function that unsubscribes. */
  onInterrupt?: (listener: () => void) => () => void;
  /** Waits for the given number of seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
  /** Resolves when the command is asked to stop. */
  stopped?(): Promise<unknown>;
  /** The effects of `serve`. Absent: the command has no `serve`. */
  serve?: ServeEffects;
}

/** Additional effects of `serve`. */
export interface ServeEffects {
  /** The path of the ready-made worker. */
  worker: string;
  /** Resolves when the command is asked to stop. */
  stopped(): Promise<unknown>;
}
