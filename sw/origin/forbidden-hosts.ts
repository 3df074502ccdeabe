import { hostOf } from '../../src/shared/host-of';

/**
 * Hosts that the worker's own Content-Security-Policy (the one that its script was served with) forbids it to fetch
 * from: its fetches are governed by `connect-src`, a page's images by `img-src`.
 */
export interface ForbiddenHosts {
  /** For the `securitypolicyviolation` event of the worker. */
  note(event: Pick<SecurityPolicyViolationEvent, 'blockedURI' | 'effectiveDirective' | 'disposition'>): void;
  has(url: string): boolean;
}

const MAX_HOSTS = 64;

export function createForbiddenHosts(origin: string, onFound: (host: string) => void): ForbiddenHosts {
  const hosts = new Set<string>();
  return {
    note({ blockedURI, effectiveDirective, disposition }) {
      const host = hostOf(blockedURI);
      if (effectiveDirective !== 'connect-src' || disposition !== 'enforce' || !host || host === origin) return;
      if (hosts.has(host) || hosts.size >= MAX_HOSTS) return;
      hosts.add(host);
      onFound(host);
    },
    has: (url) => hosts.size > 0 && hosts.has(hostOf(url)),
  };
}

/** What the operator does about it. */
export const cspRemedy = (host: string): string =>
  `Add ${host} to connect-src of the worker script's Content-Security-Policy, and change the script. Until then the browser loads these tiles itself.`;
