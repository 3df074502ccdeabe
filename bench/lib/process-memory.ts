import { readdirSync, readFileSync } from 'node:fs';

/** Memory of the browser's processes, shared pages divided among their users, in MB. Linux only; else NaN. */
export function processMemory(profile: string): number {
  try {
    let kilobytes = 0;
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (!readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(profile)) continue;
        kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
      } catch {
        // The process ended meanwhile.
      }
    }
    return kilobytes / 1024;
  } catch {
    return Number.NaN;
  }
}
