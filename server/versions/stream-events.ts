import { digest } from '../http/digest';
import { manifestOf } from './manifest-of';
import type { OriginState } from './state';

const encoder = new TextEncoder();

export interface StateEvent {
  /**
   * The event's id. The revision alone is not enough: after a store was lost or replaced, it may recur with other
   * contents.
   */
  id: string;
  chunk: Uint8Array;
}

/** Builds each state's event once, because all clients request the same event after a restart. */
export function createEvents(epoch: string | undefined): (state: OriginState) => StateEvent {
  let made: { of: OriginState; event: StateEvent } | undefined;
  return (state) => {
    if (made?.of === state) return made.event;
    const data = JSON.stringify(manifestOf(state, epoch));
    const id = `${state.revision}.${digest(data).toString(16)}`;
    made = { of: state, event: { id, chunk: encoder.encode(`id: ${id}\ndata: ${data}\n\n`) } };
    return made.event;
  };
}
