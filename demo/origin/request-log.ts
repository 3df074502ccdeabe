/** One request that reached the origin. */
export interface LoggedRequest {
  /** Counts up from 1. */
  number: number;
  /** Epoch milliseconds. */
  at: number;
  layer: string;
  path: string;
  /** 0: the connection was cut. */
  status: number;
}

export interface RequestLog {
  add(request: Omit<LoggedRequest, 'number' | 'at'>): void;
  /** How often each layer was asked for, by status, and the requests after `since`. */
  read(since?: number): { total: number; layers: Record<string, Record<string, number>>; requests: LoggedRequest[] };
  reset(): void;
}

const KEPT = 5000;

/** Counts what reaches the origin: what the browser's caches answer never shows up here. */
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
