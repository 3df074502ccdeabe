/** What the command touches. */
export interface CliEffects {
  out(text: string): void;
  err(text: string): void;
  readFile(path: string): Promise<string>;
  readStdin(): Promise<string>;
  /** The package's own version. */
  packageVersion(): Promise<string>;
  env: Record<string, string | undefined>;
  fetch: typeof fetch;
  /** Calls `listener` when the command is about to be ended from outside. Gives back what ends that. */
  onInterrupt?: (listener: () => void) => () => void;
  /** Waits so many seconds. @default by setTimeout */
  sleep?: (seconds: number) => Promise<void>;
  /** Resolves when whoever started it wants it to end. */
  stopped?(): Promise<unknown>;
  /** Where a server may run; without it there is no `serve`. */
  serve?: ServeEffects;
}

/** What `serve` touches beside what every command does. */
export interface ServeEffects {
  /** The path of the ready-made worker. */
  worker: string;
  /** Resolves when whoever started it wants it to end. */
  stopped(): Promise<unknown>;
}
