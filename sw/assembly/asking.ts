import { createClockSkew } from '../http/clock-skew';
import { createConnections } from '../origin/connections';
import { createCorsHosts } from '../origin/cors-hosts';
import { createFlights } from '../origin/flights';
import { createForbiddenHosts, cspRemedy } from '../origin/forbidden-hosts';
import { createForeignImages } from '../origin/foreign-images';
import { createLeaving } from '../origin/leaving';
import { createLimiter } from '../origin/limiter';
import { createNetwork } from '../origin/network';
import { createPatience } from '../origin/patience';
import type { TileOrigin } from '../origin/tile-origin';
import { createTileWriter } from '../origin/tile-writer';
import { createWriteBehind } from '../origin/write-behind';
import { createWriterEvents } from '../writer-events';
import type { Base } from './base';
import type { Showing } from './showing';
import type { Storing } from './storing';

export type Asking = ReturnType<typeof createAsking>;

/** Creates the parts that fetch from the origin and store its answers. */
export function createAsking(base: Base, storing: Storing, showing: Showing, send: TileOrigin) {
  const { around, timers, env, sleep, monotonic, later } = base;
  const { store, memory, ledger, bytesOf } = storing;
  const { pages, viewports, health } = showing;
  const { origin, now } = around;

  const writer = createTileWriter({
    store,
    memory,
    ledger,
    bytesOf,
    env,
    now,
    timers,
    events: createWriterEvents({ ...storing, ...showing, now, later }),
  });
  const forbidden = createForbiddenHosts({
    origin,
    sleep,
    policy: around.policy,
    onLine: around.onLine,
    onFound: (host) => later(pages.notice({ notice: 'csp', detail: cspRemedy(host) })),
  });
  around.onViolation?.(forbidden.note);
  const hosts = createCorsHosts({ read: store.readNote, write: store.writeNote }, now);
  const network = createNetwork({
    send,
    limiter: createLimiter(timers),
    health,
    foreignImages: createForeignImages({ hosts, now, sleep, onLine: around.onLine }),
    isForbidden: forbidden.hasFailed,
    origin,
    connections: createConnections(around.protocolOf),
    timers,
  });
  const patience = createPatience(timers);
  const leaving = createLeaving(now);
  const skew = createClockSkew({
    now,
    monotonic,
    kept: () => ledger.state?.ahead ?? 0,
    keep: (ahead) =>
      later(ledger.commit(({ epoch }) => ({ epoch, records: [], ahead, result: undefined })).catch(() => {})),
  });
  const flights = createFlights({
    network,
    health,
    patience,
    writer,
    behind: createWriteBehind(timers),
    bytesOf,
    onRefused: ({ address: { layer } }, reason) =>
      later(pages.notice({ notice: 'refused', layer: layer.name, detail: reason })),
    labels: new WeakMap(),
    withdrawn: hosts.withdrawn,
    store,
    ledger,
    leaving,
    origin,
    now,
    skew,
    timers,
    urgency: viewports.urgency,
    viewports,
  });
  return { send, writer, forbidden, patience, leaving, flights, skew };
}
