const PIECE = 16 * 1024 * 1024;
const PIECES = 4;
/** Milliseconds after which it is tried once more: what was opened while the engine was looking outlives that look. */
const AGAIN_MS = 1000;

/**
 * Has the engine look for garbage. Browsers count a deleted body as this site's as long as a Blob of it is in memory, and an
 * engine that has nothing to do keeps those until the worker is stopped: a region that was removed went on taking its room.
 * Memory that is asked for and never touched costs none, and is what engines collect for (decision 009).
 */
export function letGo({ sleep }: { sleep: (ms: number) => Promise<void> }): void {
  ask();
  void sleep(AGAIN_MS).then(ask);
}

function ask(): void {
  try {
    // Looked at, so that no bundler takes it for nothing.
    for (let i = 0; i < PIECES; i += 1) if (new ArrayBuffer(PIECE).byteLength !== PIECE) return;
  } catch {
    // There is no such memory: then the engine collects anyway.
  }
}
