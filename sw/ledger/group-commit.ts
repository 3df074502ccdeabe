/** The outcome of one change of a group. */
export type Ended = { ok: true; result: unknown } | { ok: false; error: unknown };

/** The most changes in one transaction; the rest go into the next. */
const MAX_GROUP = 1000;

/**
 * Groups changes that arrive during a write into the next write. A flood of messages then costs a few transactions and
 * a few new ledger states, not one for each message. `write` applies the changes in order, resolves when all are
 * durable, and rejects when none is.
 */
export function createGroupCommit<C, S>(
  write: (changes: readonly C[]) => Promise<{ state: S; ended: readonly Ended[] }>,
): (change: C) => Promise<{ state: S; result: unknown }> {
  interface Entry {
    change: C;
    resolve: (done: { state: S; result: unknown }) => void;
    reject: (error: unknown) => void;
  }
  let waiting: Entry[] = [];
  let writing = false;

  const run = async () => {
    writing = true;
    // Wait one microtask, so that changes made in the same turn join this group.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.slice(0, MAX_GROUP);
      waiting = waiting.slice(MAX_GROUP);
      try {
        const { state, ended } = await write(group.map(({ change }) => change));
        group.forEach(({ resolve, reject }, i) => {
          const end = ended[i]!;
          if (end.ok) resolve({ state, result: end.result });
          else reject(end.error);
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    writing = false;
  };

  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve, reject });
      if (!writing) void run();
    });
}
