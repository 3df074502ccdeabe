// k6 run -e TILES='https://cdn.example/tiles/roads/{z}/{x}/{y}.pbf' -e VERSIONS=https://cdn.example/api/tile-version -e LAYER=roads tiles.k6.js
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Rate, Trend } from 'k6/metrics';
import { judge, readPlan, tileUrl, versionFrom } from './plan.js';

const plan = readPlan(__ENV);
const time = new Trend('tile_time', true);
const errors = new Rate('tile_errors');
const edge = new Rate('tile_edge');
const old = new Rate('tile_old');
const compared = new Rate('tile_compared');

export const options = {
  vus: plan.users,
  duration: `${plan.seconds}s`,
  thresholds: {
    tile_time: [`p(95)<${plan.limits.p95}`],
    tile_errors: [`rate<=${plan.limits.errors}`],
    tile_old: [`rate<=${plan.limits.old}`],
    tile_edge: [`rate>=${plan.limits.edge}`],
    // Fail if no tile could be compared: there is no manifest, the layer is not in it, or tiles have no X-Tile-Version.
    ...(plan.versions && { tile_compared: ['rate>0'] }),
  },
};

let inForce;
let lookedAt = 0;

export default function () {
  if (plan.versions && Date.now() - lookedAt > 1000) {
    lookedAt = Date.now();
    const manifest = http.get(plan.versions, { tags: { name: 'manifest' } });
    if (manifest.status === 200) inForce = versionFrom(readJson(manifest), plan.layer, inForce, Date.now());
  }
  // Give all tiles one name: otherwise k6 would report each URL by itself.
  const response = http.get(tileUrl(plan, Math.random), { tags: { name: 'tile' }, responseType: 'none' });
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const said = judge({ status: response.status, headers }, inForce, Date.now(), plan.grace);
  time.add(response.timings.duration);
  errors.add(said.error);
  edge.add(said.edge);
  old.add(said.old);
  compared.add(said.compared);
  check(response, { 'a tile': () => !said.error, 'the version in force': () => !said.old });
  sleep(0.05);
}

function readJson(response) {
  try {
    return response.json();
  } catch {
    return {};
  }
}
