import { hostOf } from '../../src/shared/host-of';

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
  onFound: (host: string) => void;
}

const MAX_HOSTS = 64;
/** Milliseconds within which a browser tells its worker of a violation. */
const TOLD_WITHIN_MS = 50;

export function createForbiddenHosts({ origin, sleep, onFound }: ForbiddenHostsTools): ForbiddenHosts {
  const hosts = new Set<string>();
  const has = (url: string) => hosts.size > 0 && hosts.has(hostOf(url));
  return {
    note({ blockedURI, effectiveDirective, disposition }) {
      const host = hostOf(blockedURI);
      if (effectiveDirective !== 'connect-src' || disposition !== 'enforce' || !host || host === origin) return;
      if (hosts.has(host) || hosts.size >= MAX_HOSTS) return;
      hosts.add(host);
      onFound(host);
    },
    has,
    async hasFailed(url) {
      if (url.startsWith(`${origin}/`)) return false;
      await sleep(TOLD_WITHIN_MS);
      return has(url);
    },
  };
}

/** Returns what the operator can do about it. */
export const cspRemedy = (host: string): string =>
  `Add ${host} to connect-src of the worker script's Content-Security-Policy, and change the script. Until then the browser loads these tiles itself.`;
