import type { Env } from '../page/env';
import { failure } from '../page/failure';
import { randomId } from '../page/random-id';
import { TileCacheError } from '../shared/errors';
import type { AckMessage } from '../shared/answers';
import type { PageMessage } from '../shared/page-messages';
import { noWorker } from './no-worker';
import type { WorkerLink } from './link';

type WithoutId<M> = M extends { type: string } ? Omit<M, 'id'> & { id?: string } : never;

/** Sends messages to the worker and waits for the acks. */
export interface Channel {
  /**
   * Posts the message with an id, repeatedly and with growing pauses, until a `TILE_ACK` with that id arrives on the
   * port. Rejects with the worker's own error, with `NO_WORKER` if there is no worker, `TIMEOUT`, or `ABORTED`.
   */
  send<T>(message: WithoutId<PageMessage>, signal?: AbortSignal): Promise<T>;
}

/** Milliseconds until the first repetition. Each pause is twice as long as the last. */
const FIRST_TRY = 500;
const LONGEST_TRY = 8000;

/** Creates a channel. `timeout` limits each `send`, in milliseconds; `closed` ends all of them. */
export function createChannel(env: Env, link: WorkerLink, timeout: number, closed: AbortSignal): Channel {
  return {
    send<T>(message: WithoutId<PageMessage>, signal?: AbortSignal) {
      return new Promise<T>((resolve, reject) => {
        const id = message.id ?? randomId();
        const ports: MessagePort[] = [];
        let pause = FIRST_TRY;
        let retry: unknown;
        let over = false;

        const end = () => {
          over = true;
          env.clearTimeout(retry);
          env.clearTimeout(limit);
          // Keep the ports of earlier tries open until now: a slow worker answers on the first of them.
          for (const port of ports) port.close();
          for (const each of [signal, closed]) each?.removeEventListener('abort', abort);
        };
        const fail = (error: unknown) => {
          end();
          reject(error);
        };
        const abort = () => fail(failure('ABORTED', `${message.type} was aborted.`, 'Send it again.'));
        const limit = env.setTimeout(() => {
          const missing = !link.active();
          fail(
            missing
              ? noWorker(message.type)
              : failure('TIMEOUT', `${message.type} was not acknowledged.`, 'Call register() in the worker.'),
          );
        }, timeout);

        function attempt(): void {
          if (over) return;
          // The last message may be lost, because its worker was stopped; another worker may be active by now.
          const worker = link.active();
          if (!worker && link.state === 'unavailable') return fail(noWorker(message.type));
          if (worker) {
            const { port1, port2 } = env.messageChannel();
            ports.push(port1);
            port1.onmessage = ({ data }: MessageEvent<AckMessage | null>) => {
              if (data?.type !== 'TILE_ACK' || data.id !== id) return;
              if (!data.ok) return fail(new TileCacheError(data.error));
              end();
              resolve(data.result as T);
            };
            try {
              worker.postMessage({ ...message, id }, [port2]);
            } catch (cause) {
              return fail(failure('INVALID_MESSAGE', `${message.type} cannot be posted.`, 'Use plain data.', cause));
            }
          }
          retry = env.setTimeout(attempt, pause);
          if (worker) pause = Math.min(pause * 2, LONGEST_TRY);
        }

        if (signal?.aborted || closed.aborted) return abort();
        for (const each of [signal, closed]) each?.addEventListener('abort', abort);
        void link.settled.then(attempt);
      });
    },
  };
}
