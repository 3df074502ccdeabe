import type { Timers } from '../util/deadline';
import { joinSpans, type Joined, type Span } from '../util/join-spans';

/** Reads parts of a file; one request fetches neighbouring parts that are asked for at about the same time. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

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
    if (gathering || wanted.length === 0 || active >= MAX_ACTIVE) return;
    // The part that waits longest goes first, with all its neighbours.
    const order = new Map(wanted.map((one, at) => [one, at]));
    const first = ({ spans }: Joined<Wanted>) => Math.min(...spans.map((one) => order.get(one)!));
    const groups = joinSpans(wanted).sort((a, b) => first(a) - first(b));
    const going = groups.splice(0, MAX_ACTIVE - active);
    wanted = groups.flatMap(({ spans }) => spans);
    for (const group of going) void start(group);
  };

  return (offset, length) =>
    new Promise((resolve, reject) => {
      wanted.push({ start: offset, end: offset + length, resolve, reject });
      if (gathering) return;
      gathering = true;
      setTimeout(() => {
        gathering = false;
        pump();
      }, GATHER_MS);
    });
}
