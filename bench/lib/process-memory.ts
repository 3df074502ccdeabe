import { readdirSync, readFileSync } from 'node:fs';

/**
 * Returns the memory of the browser's processes in MB, with shared pages divided among their users. Linux only; NaN
 * elsewhere.
 */
export function processMemory(profile: string): number {
  try {
    let kilobytes = 0;
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (!readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(profile)) continue;
        kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
      } catch {
        // The process has ended in the meantime.
      }
    }
    return kilobytes / 1024;
  } catch {
    return Number.NaN;
  }
}
