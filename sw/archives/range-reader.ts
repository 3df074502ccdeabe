import type { Timers } from '../util/deadline';
import { joinSpans, type Joined, type Span } from '../util/join-spans';

/**
 * Reads parts of a file; one request fetches neighbouring parts that are asked for at about the same time. `turn` resolves
 * when the host may be asked again; such parts gather until then, and each turn fetches as many as one request may.
 */
export type ReadRange = (
  offset: number,
  length: number,
  turn?: () => Promise<void>,
) => Promise<Uint8Array<ArrayBuffer>>;

/** Fetches a part; calls `filled` after each piece with the number of bytes that are there. */
export type LoadSpan = (span: Span, filled: (bytes: Uint8Array<ArrayBuffer>, count: number) => void) => Promise<void>;

interface Wanted extends Span {
  resolve: (bytes: Uint8Array<ArrayBuffer>) => void;
  reject: (error: unknown) => void;
}

/** Milliseconds for which the reader gathers a view's tiles. */
const GATHER_MS = 4;
/** The most requests at once; parts that wait meanwhile can be joined better. */
const MAX_ACTIVE = 6;

export function createRangeReader(load: LoadSpan, { setTimeout }: Timers): ReadRange {
  let wanted: Wanted[] = [];
  /** Parts that wait for a turn. */
  let held: Wanted[] = [];
  /** Those whose turn has come, joined. */
  const due: Array<Joined<Wanted>> = [];
  let active = 0;
  let gathering = false;

  const start = async (group: Joined<Wanted>) => {
    const open = new Set(group.spans);
    active += 1;
    try {
      await load(group, (bytes, count) => {
        for (const one of open) {
          if (one.end - group.start > count) continue;
          open.delete(one);
          one.resolve(bytes.slice(one.start - group.start, one.end - group.start));
        }
      });
      for (const one of open) one.reject(new TypeError('The archive ended before the tile'));
    } catch (error) {
      for (const one of open) one.reject(error);
    } finally {
      active -= 1;
      pump();
    }
  };

  const pump = () => {
    if (!gathering && wanted.length > 0 && active < MAX_ACTIVE) {
      const groups = inOrder(wanted);
      const going = groups.splice(0, MAX_ACTIVE - active);
      wanted = groups.flatMap(({ spans }) => spans);
      for (const group of going) void start(group);
    }
    while (due.length > 0 && active < MAX_ACTIVE) void start(due.shift()!);
  };

  const gather = () => {
    if (gathering) return;
    gathering = true;
    setTimeout(() => {
      gathering = false;
      pump();
    }, GATHER_MS);
  };

  const release = async (turn: () => Promise<void>) => {
    await new Promise((resolve) => void setTimeout(() => resolve(undefined), GATHER_MS));
    while (held.length > 0) {
      await turn();
      const [next, ...others] = inOrder(held);
      held = others.flatMap(({ spans }) => spans);
      due.push(next!);
      pump();
    }
  };

  return (offset, length, turn) =>
    new Promise((resolve, reject) => {
      const one = { start: offset, end: offset + length, resolve, reject };
      if (!turn) {
        wanted.push(one);
        gather();
      } else if (held.push(one) === 1) void release(turn);
    });
}

/** Joins parts; the part that waits longest goes first, with all its neighbours. */
function inOrder(wanted: readonly Wanted[]): Array<Joined<Wanted>> {
  const order = new Map(wanted.map((one, at) => [one, at]));
  const first = ({ spans }: Joined<Wanted>) => Math.min(...spans.map((one) => order.get(one)!));
  return joinSpans(wanted).sort((a, b) => first(a) - first(b));
}
