const PIECE = 16 * 1024 * 1024;
const PIECES = 4;
/** Milliseconds until the second try: an object opened while the engine was collecting survives that collection. */
const AGAIN_MS = 1000;

/**
 * Makes the engine collect garbage. Browsers count a deleted body towards this site's usage as long as a Blob of it is
 * in memory, and an idle engine keeps such Blobs until the worker stops: a removed region went on taking its room.
 * Memory that is allocated and never touched costs nothing, but engines collect garbage for it (decision 009).
 */
export function letGo({ sleep }: { sleep: (ms: number) => Promise<void> }): void {
  ask();
  void sleep(AGAIN_MS).then(ask);
}

function ask(): void {
  try {
    // Read the length, so that no bundler removes the allocation as unused.
    for (let i = 0; i < PIECES; i += 1) if (new ArrayBuffer(PIECE).byteLength !== PIECE) return;
  } catch {
    // The engine cannot allocate this memory: then it collects anyway.
  }
}
