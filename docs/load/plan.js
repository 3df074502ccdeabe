// The code that both load tests share: tiles.k6.js for k6, and run.mjs for Node. It imports nothing, because k6 has its own modules.

/** Few tiles get most of the requests, as on real maps. */
const HOT_SHARE = 0.8;
const HOT_TILES = 50;

/** Options from a flat record of strings: the environment. Throws for what is missing or none. */
export function readPlan(env) {
  const number = (name, otherwise, least = 0) => {
    const value = Number(env[name] || otherwise);
    if (!(value >= least) || value === Infinity) throw new Error(`${name} must be a number, ${least} at least`);
    return value;
  };
  const whole = (name, otherwise, least = 0) => {
    const value = number(name, otherwise, least);
    if (!Number.isInteger(value)) throw new Error(`${name} must be a whole number`);
    return value;
  };
  const { TILES, VERSIONS, LAYER } = env;
  if (!/\{z\}.*\{x\}.*\{y\}/.test(TILES ?? '')) throw new Error('TILES must be a URL with {z}, {x} and {y}');
  const [west, south, east, north] = (env.BOX ?? '-10,40,20,60').split(',').map(Number);
  if (!(west < east && south < north)) throw new Error('BOX must be west,south,east,north');
  const zooms = [whole('MIN_ZOOM', 6), whole('MAX_ZOOM', 12)];
  if (zooms[0] > zooms[1]) throw new Error('MIN_ZOOM must not be above MAX_ZOOM');
  return {
    template: TILES,
    versions: VERSIONS,
    layer: LAYER,
    box: { west, south, east, north },
    zooms,
    // With no users or no time, the test would break no limit.
    users: whole('USERS', 20, 1),
    seconds: number('SECONDS', 30, 0.1),
    /** Seconds after a publication in which an edge may still answer the old version. */
    grace: number('GRACE', 5),
    limits: {
      /** Milliseconds, 95th percentile. */
      p95: number('P95', 300),
      errors: number('ERRORS', 0.01),
      old: number('OLD', 0),
      /** The lowest share that the edge must answer by itself; 0 if its responses do not tell. */
      edge: number('EDGE', 0),
    },
  };
}

/** The URL of a tile of the box; `random` gives numbers from 0 up to 1. */
export function tileUrl({ template, box, zooms }, random) {
  const hot = random() < HOT_SHARE;
  // The popular tiles are the same for all users: derive them from their number.
  const seed = Math.floor(random() * HOT_TILES);
  const next = hot ? sequence(seed) : random;
  const z = zooms[0] + Math.floor(next() * (zooms[1] - zooms[0] + 1));
  const size = 2 ** z;
  const column = (degrees) => ((degrees + 180) / 360) * size;
  const row = (degrees) => (0.5 - Math.asinh(Math.tan((degrees * Math.PI) / 180)) / (2 * Math.PI)) * size;
  const between = (from, to) => Math.min(size - 1, Math.max(0, Math.floor(from + next() * (to - from))));
  const x = between(column(box.west), column(box.east));
  const y = between(row(box.north), row(box.south));
  return template.replace('{z}', z).replace('{x}', x).replace('{y}', y);
}

function sequence(seed) {
  let state = seed + 1;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

/** What an answer says. Names of headers in lower case; `inForce`: `{ version, since }` of the manifest, where it is known. */
export function judge({ status, headers }, inForce, now, grace) {
  const ok = (status >= 200 && status < 400) || status === 404;
  const said = [
    headers['cf-cache-status'],
    headers['x-cache'],
    headers['cache-status'],
    headers['x-cache-status'],
  ].join(' ');
  const version = headers['x-tile-version'];
  const settled = inForce && now - inForce.since > grace * 1000;
  return {
    error: !ok,
    // Matches `HIT`, `TCP_HIT`, `RefreshHit from cloudfront`.
    edge: /(^|[^a-z])(refresh)?(hit|stale|updating)([^a-z]|$)/i.test(said),
    old: Boolean(ok && settled && version && version !== inForce.version),
    /** Whether the tile's version could be compared: otherwise it does not count as old. */
    compared: Boolean(ok && settled && version),
  };
}

/** Returns the version in force after reading the manifest. A new version is in force from now on. */
export function versionFrom(body, layer, held, now) {
  const version = (body.layers?.[layer] ?? body).version;
  return version === undefined || version === held?.version ? held : { version, since: held ? now : 0 };
}
