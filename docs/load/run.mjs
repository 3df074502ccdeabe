#!/usr/bin/env node
// Loads an edge as tiles.k6.js does, but without k6, for a quick look and for CI:
//   TILES='http://127.0.0.1:8080/tiles/roads/{z}/{x}/{y}.pbf' VERSIONS=http://127.0.0.1:8080/api/tile-version LAYER=roads node run.mjs
// Prints one line of JSON. Exit codes: 1 the edge broke a limit, 2 wrong usage.
import { pathToFileURL } from 'node:url';
import { judge, readPlan, tileUrl, versionFrom } from './plan.js';

/** Loads the edge until `until` resolves or the plan's seconds are over. Resolves with the measurements. */
export async function run(plan, { fetch = globalThis.fetch, now = Date.now, until = undefined } = {}) {
  const counts = { requests: 0, errors: 0, edge: 0, old: 0, compared: 0 };
  const times = [];
  let inForce;
  let done = false;
  const timer = setTimeout(() => (done = true), plan.seconds * 1000);
  void until?.then(() => (done = true));

  async function look() {
    const response = await fetch(plan.versions).catch(() => undefined);
    const body = response?.ok ? await response.json().catch(() => undefined) : undefined;
    if (body) inForce = versionFrom(body, plan.layer, inForce, now());
  }
  async function watch() {
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await look();
    }
  }
  async function user() {
    while (!done) {
      const from = performance.now();
      const response = await fetch(tileUrl(plan, Math.random)).catch(() => undefined);
      await response?.arrayBuffer().catch(() => undefined);
      times.push(performance.now() - from);
      const answer = { status: response?.status ?? 0, headers: Object.fromEntries(response?.headers ?? []) };
      const said = judge(answer, inForce, now(), plan.grace);
      counts.requests += 1;
      for (const [name, key] of [
        ['error', 'errors'],
        ['edge', 'edge'],
        ['old', 'old'],
        ['compared', 'compared'],
      ])
        if (said[name]) counts[key] += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  if (plan.versions) await look();
  await Promise.all([...(plan.versions ? [watch()] : []), ...Array.from({ length: plan.users }, user)]);
  clearTimeout(timer);
  const share = (count) => count / Math.max(1, counts.requests);
  times.sort((a, b) => a - b);
  const quantile = (q) => times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0;
  const found = { errors: share(counts.errors), edge: share(counts.edge), old: share(counts.old) };
  const { limits } = plan;
  const broken = [
    ...(quantile(0.95) >= limits.p95 ? ['p95'] : []),
    ...(found.errors > limits.errors ? ['errors'] : []),
    ...(found.old > limits.old ? ['old'] : []),
    ...(found.edge < limits.edge ? ['edge'] : []),
    // Fail if no tile could be compared: there is no manifest, the layer is not in it, or tiles have no X-Tile-Version.
    ...(plan.versions && counts.compared === 0 && counts.errors < counts.requests ? ['versions'] : []),
  ];
  return {
    requests: counts.requests,
    compared: counts.compared,
    p50: quantile(0.5),
    p95: quantile(0.95),
    ...found,
    broken,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const result = await run(readPlan(process.env));
    console.log(JSON.stringify(result));
    process.exitCode = result.broken.length > 0 ? 1 : 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
}
