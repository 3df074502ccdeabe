import type { WorkerMessage } from '../shared/worker-messages';
import type { VersionBook } from '../versions/version-book';
import type { WorkerLink } from '../worker/link';
import type { Emitter } from '../page/events';
import type { ClientEvents } from '../page/types';
import type { createViews } from './views';

/** Messages that become events unchanged. */
const EVENTS = {
  TILES_UPDATED: 'tilesupdated',
  TILES_INVALIDATED: 'invalidated',
  TILES_USED: 'used',
  TILE_NOTICE: 'notice',
  TILE_REGION: 'region',
} satisfies Record<Exclude<WorkerMessage['type'], `VERSION_${string}`>, keyof ClientEvents>;

/** Listens to the page's own worker: puts versions into the book, and passes other messages to the page's listeners. */
export const createListener =
  (
    link: Pick<WorkerLink, 'owns'>,
    book: Pick<VersionBook, 'heard'>,
    views: Pick<ReturnType<typeof createViews>, 'own'>,
    emit: Emitter<ClientEvents>['emit'],
  ) =>
  ({ data, source }: MessageEvent<WorkerMessage | null>): void => {
    if (!data || !link.owns(source)) return;
    if (data.type === 'VERSION_CHANGED') return book.heard(data);
    if (data.type === 'VERSION_LEARNT') return book.heard({ ...data, previous: undefined });
    const { type, ...detail } = data;
    if (data.type === 'TILES_USED') {
      const { uses, validations } = data;
      return emit('used', {
        uses: views.own(uses),
        ...(validations && { validations: views.own(validations) }),
      });
    }
    // Other types are another package's messages, or a newer worker's.
    if (Object.hasOwn(EVENTS, type)) emit(EVENTS[type], detail as never);
  };
