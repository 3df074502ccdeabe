import { hostOf } from '../../src/shared/host-of';

const MAX_HOSTS = 256;

/** Notes which protocol each host speaks, as Resource Timing of the worker's own requests tells it; hosts that hide it stay unknown. */
export function observeProtocols(): (origin: string) => string | undefined {
  const protocols = new Map<string, string>();
  try {
    const observer = new PerformanceObserver((list) => {
      for (const { name, nextHopProtocol } of list.getEntries() as PerformanceResourceTiming[]) {
        if (!nextHopProtocol || protocols.size >= MAX_HOSTS) continue;
        protocols.set(hostOf(name), nextHopProtocol);
      }
    });
    observer.observe({ type: 'resource' });
  } catch {
    // A browser that does not tell: as many at once as the layer allows.
  }
  return (origin) => protocols.get(origin);
}
