import type { ClientState } from '../page/types';

/** The page's view of its worker. */
export interface WorkerLink {
  readonly state: ClientState;
  /** The reason for having no worker: registering failed, or pages have no service workers. */
  readonly error: unknown;
  /** Returns the worker that gets messages: the registration's active worker, whether it controls this page or not. */
  active(): ServiceWorker | undefined;
  /** The registration's scope, if there is a registration. */
  readonly scope: string | undefined;
  /** Settles when it is known whether there is a registration. Never rejects. */
  readonly settled: Promise<void>;
  /**
   * Returns true for a message from a worker of this registration. Workers of other scopes may send messages of the
   * same types.
   */
  owns(source: unknown): boolean;
}
