/** One request that reached the origin. */
export interface LoggedRequest {
  /** The number of the request, starting at 1. */
  number: number;
  /** Epoch milliseconds. */
  at: number;
  layer: string;
  path: string;
  /** The status; 0 if the connection was cut. */
  status: number;
}

export interface RequestLog {
  add(request: Omit<LoggedRequest, 'number' | 'at'>): void;
  /** Returns the number of requests for each layer by status, and the requests after `since`. */
  read(since?: number): { total: number; layers: Record<string, Record<string, number>>; requests: LoggedRequest[] };
  reset(): void;
}

const KEPT = 5000;

/** Counts the requests that reach the origin. Requests that caches answer do not. */
export function createRequestLog(now: () => number): RequestLog {
  let requests: LoggedRequest[] = [];
  let layers: Record<string, Record<string, number>> = {};
  let total = 0;
  return {
    add({ layer, path, status }) {
      requests.push({ number: ++total, at: now(), layer, path, status });
      if (requests.length > KEPT) requests = requests.slice(-KEPT / 2);
      const counts = (layers[layer] ??= {});
      counts[status] = (counts[status] ?? 0) + 1;
    },
    read: (since = 0) => ({ total, layers, requests: requests.filter(({ number }) => number > since) }),
    reset() {
      requests = [];
      layers = {};
      total = 0;
    },
  };
}
