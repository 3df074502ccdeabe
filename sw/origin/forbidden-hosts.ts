import { hostOf } from '../../src/shared/host-of';
import { forbids } from './own-policy';

/**
 * Knows the hosts that the worker's own Content-Security-Policy, from the response that delivered its script, forbids
 * it to fetch from. `connect-src` governs the worker's fetches; `img-src` governs a page's images.
 */
export interface ForbiddenHosts {
  /** Handles the `securitypolicyviolation` event of the worker. */
  note(event: Pick<SecurityPolicyViolationEvent, 'blockedURI' | 'effectiveDirective' | 'disposition'>): void;
  has(url: string): boolean;
  /** Resolves with whether the policy made the last fetch fail: a browser reports that in a task of its own. */
  hasFailed(url: string): Promise<boolean>;
}

interface ForbiddenHostsTools {
  /** The worker's own. */
  origin: string;
  sleep: (ms: number) => Promise<void>;
  /** Reads the policy: WebKit tells its workers of no violation. @default none */
  policy?: (() => Promise<string>) | undefined;
  /** False while the network is switched off or gone: then the policy cannot be read. */
  onLine?: (() => boolean | undefined) | undefined;
  onFound: (host: string) => void;
}

const MAX_HOSTS = 64;
/** Milliseconds within which a browser tells its worker of a violation. */
const TOLD_WITHIN_MS = 50;
/** Milliseconds that a tile waits for the policy: the worker's own host may hang. */
const READ_WITHIN_MS = 1000;

export function createForbiddenHosts(tools: ForbiddenHostsTools): ForbiddenHosts {
  const { origin, sleep, policy, onLine, onFound } = tools;
  const hosts = new Set<string>();
  const has = (url: string) => hosts.size > 0 && hosts.has(hostOf(url));
  const add = (host: string) => {
    if (!host || host === origin || hosts.has(host) || hosts.size >= MAX_HOSTS) return;
    hosts.add(host);
    onFound(host);
  };
  let read: Promise<string> | undefined;
  /** Reads the policy once. If the reading fails, the next failed fetch starts it again. */
  const own = async (): Promise<string> => {
    if (!policy || onLine?.() === false) return '';
    read ??= policy().catch(() => {
      read = undefined;
      return '';
    });
    return (await Promise.race([read, sleep(READ_WITHIN_MS)])) ?? '';
  };
  return {
    note({ blockedURI, effectiveDirective, disposition }) {
      if (effectiveDirective === 'connect-src' && disposition === 'enforce') add(hostOf(blockedURI));
    },
    has,
    async hasFailed(url) {
      if (url.startsWith(`${origin}/`)) return false;
      await sleep(TOLD_WITHIN_MS);
      if (!has(url) && forbids(await own(), url)) add(hostOf(url));
      return has(url);
    },
  };
}

/** Returns what the operator can do about it. */
export const cspRemedy = (host: string): string =>
  `Add ${host} to connect-src of the worker script's Content-Security-Policy, and change the script. Until then the browser loads these tiles itself.`;
