import { hostOf } from '../../src/shared/host-of';

const MAX_HOSTS = 256;

/**
 * Notes which protocol each host speaks, from the Resource Timing of the worker's own requests; hosts that hide it stay
 * unknown. It listens from the first question on, which comes with the first request: a worker that starts for a stored
 * tile does not wait for it. The browser also reports earlier requests.
 */
export function observeProtocols(): (origin: string) => string | undefined {
  let protocols: Map<string, string> | undefined;
  return (origin) => (protocols ??= listen()).get(origin);
}

function listen(): Map<string, string> {
  const protocols = new Map<string, string>();
  try {
    const observer = new PerformanceObserver((list) => {
      for (const { name, nextHopProtocol } of list.getEntries() as PerformanceResourceTiming[]) {
        if (!nextHopProtocol || protocols.size >= MAX_HOSTS) continue;
        protocols.set(hostOf(name), nextHopProtocol);
      }
    });
    observer.observe({ type: 'resource', buffered: true });
  } catch {
    // A browser without this observer reports nothing: then only the layer limits the requests at once.
  }
  return protocols;
}
