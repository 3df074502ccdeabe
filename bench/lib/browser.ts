import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { chromium } from 'playwright';

/**
 * Chromium over a bare DevTools pipe. A test driver instruments every request of the page and the worker, which costs more
 * than the work that is measured here. This driver enables only the events that it needs.
 */
export interface Browser {
  version: string;
  /** The browser's process id, and the directory of its profile. */
  pid: number;
  profile: string;
  newPage(url: string): Promise<Page>;
  /** Opens a DevTools session with the running service worker of an origin. */
  worker(origin: string): Promise<Session | undefined>;
  close(): Promise<void>;
}

export interface Session {
  send<T = any>(method: string, params?: object): Promise<T>;
  /** Evaluates an expression, awaits it, and returns its serialised value. */
  evaluate<T = any>(expression: string): Promise<T>;
  detach(): Promise<void>;
}

export interface Page extends Session {
  front(): Promise<void>;
  goto(url: string): Promise<void>;
  /** Stops every service worker, and waits until none is running. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

interface Message {
  id?: number;
  method?: string;
  params?: any;
  result?: any;
  error?: { message: string };
  sessionId?: string;
}

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--remote-debugging-pipe',
];

/** Returns the path of the browser: CHROMIUM in the environment, the distribution's, or Playwright's. */
const executable = () =>
  [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome', chromium.executablePath()].find(
    (path) => path && existsSync(path),
  ) ?? 'chromium';

/** Starts a browser with a profile on disk, because a private window would keep its caches in memory. */
export async function launch(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'tile-bench-'));
  const child = spawn(executable(), [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const pipe = connect(child.stdio[3] as Writable, child.stdio[4] as Readable);
  child.once('error', pipe.fail);
  child.once('exit', () => pipe.fail(new Error('The browser ended.')));
  const { product } = await pipe.send('Browser.getVersion');

  const attach = async (targetId: string): Promise<Session & { sessionId: string }> => {
    const { sessionId } = await pipe.send('Target.attachToTarget', { targetId, flatten: true });
    const send = (method: string, params: object = {}) => pipe.send(method, params, sessionId);
    return {
      sessionId,
      send,
      async evaluate(expression) {
        const { result, exceptionDetails } = await send('Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      },
      detach: () => pipe.send('Target.detachFromTarget', { sessionId }),
    };
  };

  return {
    version: String(product).replace('/', ' '),
    pid: child.pid as number,
    profile,
    async newPage(url) {
      const { targetId } = await pipe.send('Target.createTarget', { url: 'about:blank' });
      const session = await attach(targetId);
      await session.send('Page.enable');
      await session.send('ServiceWorker.enable');
      const running = new Map<string, string>();
      pipe.on(session.sessionId, 'ServiceWorker.workerVersionUpdated', ({ versions }) => {
        for (const { versionId, runningStatus } of versions) running.set(versionId, runningStatus);
      });
      const page: Page = {
        ...session,
        front: () => session.send('Page.bringToFront'),
        async goto(to) {
          const loaded = pipe.once(session.sessionId, 'Page.loadEventFired');
          await session.send('Page.navigate', { url: to });
          await loaded;
        },
        async stopWorkers() {
          await session.send('ServiceWorker.stopAllWorkers');
          while ([...running.values()].some((status) => status !== 'stopped'))
            await pipe.once(session.sessionId, 'ServiceWorker.workerVersionUpdated');
        },
        close: () => pipe.send('Target.closeTarget', { targetId }),
      };
      await page.goto(url);
      return page;
    },
    async worker(origin) {
      const { targetInfos } = await pipe.send('Target.getTargets');
      const target = targetInfos.find((info: any) => info.type === 'service_worker' && info.url.startsWith(origin));
      return target && attach(target.targetId);
    },
    async close() {
      const ended = new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(0)));
      await pipe.send('Browser.close').catch(() => {});
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Exchanges DevTools messages over two pipes. A zero byte ends each message. */
function connect(output: Writable, input: Readable) {
  let last = 0;
  let broken: Error | undefined;
  const waiting = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void; method: string }>();
  const listeners = new Set<(message: Message) => void>();
  let pieces: Buffer[] = [];
  const receive = (message: Message) => {
    if (message.id === undefined) {
      for (const listener of [...listeners]) listener(message);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) call?.reject(new Error(`${call.method}: ${message.error.message}`));
    else call?.resolve(message.result);
  };
  input.on('data', (data: Buffer) => {
    let from = 0;
    for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, from)) {
      pieces.push(data.subarray(from, end));
      receive(JSON.parse(Buffer.concat(pieces).toString()));
      pieces = [];
      from = end + 1;
    }
    pieces.push(data.subarray(from));
  });
  const on = (sessionId: string, method: string, listener: (params: any) => void) => {
    const heard = (message: Message) =>
      message.sessionId === sessionId && message.method === method && listener(message.params);
    listeners.add(heard);
    return () => listeners.delete(heard);
  };
  return {
    on,
    once: (sessionId: string, method: string) =>
      new Promise<any>((resolve) => {
        const off = on(sessionId, method, (params) => {
          off();
          resolve(params);
        });
      }),
    send: (method: string, params: object = {}, sessionId?: string) =>
      new Promise<any>((resolve, reject) => {
        if (broken) return reject(broken);
        last += 1;
        waiting.set(last, { resolve, reject, method });
        output.write(`${JSON.stringify({ id: last, method, params, ...(sessionId && { sessionId }) })}\0`);
      }),
    fail(error: Error) {
      broken = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}
