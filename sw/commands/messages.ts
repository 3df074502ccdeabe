import { errorRecord } from '../../src/shared/errors';
import { parseInvalidation } from '../../src/shared/parse-invalidation';
import { MAX_MANIFEST_LAYERS, parseManifest } from '../../src/shared/parse-manifest';
import type { InspectCommand } from '../../src/shared/inspect-commands';
import type { AckMessage } from '../../src/shared/answers';
import type { ClearMessage, NetworkMode, PageMessage, ViewportMessage } from '../../src/shared/page-messages';
import type { RegionCommand } from '../../src/shared/regions';
import { isInteger, isRecord, list, readBBox, readLayerName, record, refuse, text } from '../../src/shared/validate';

/** The commands that a page may send, each with its answer. Rejections become error acks. */
export interface Commands {
  CACHE_INVALIDATE(message: ReturnType<typeof parseInvalidation>): Promise<unknown>;
  TILE_VERSIONS(
    manifest: ReturnType<typeof parseManifest>,
    confirmedAt: number,
    believe: readonly string[],
  ): Promise<unknown>;
  TILE_STATUS(): Promise<unknown>;
  TILE_USAGE(): Promise<unknown>;
  TILE_CLEAR(layer: string | undefined, partition: string | undefined): Promise<unknown>;
  TILE_REGIONS(command: RegionCommand): Promise<unknown>;
  TILE_INSPECT(command: InspectCommand, clientId: string | undefined): Promise<unknown>;
  TILE_MOVE_IN(command: Record<string, unknown>): Promise<unknown>;
  TILE_NETWORK(mode: NetworkMode): Promise<unknown>;
  TILE_STOP(): Promise<unknown>;
  TILE_VIEWPORT(view: Omit<ViewportMessage, 'type'>, clientId: string | undefined): Promise<unknown>;
}

const CODE = 'INVALID_MESSAGE';
const names = list(readLayerName, 0, MAX_MANIFEST_LAYERS + 1);
/**
 * Strict, because a message without a recognised name clears all tiles. A partition may have any name that a layer's
 * function returns, such as a token.
 */
const readClear = record<Omit<ClearMessage, 'type' | 'id'>>(
  { layer: readLayerName, partition: text(/[^]/, 'a name') },
  'UNSUPPORTED_FIELD',
);
const MODES: readonly NetworkMode[] = ['on', 'unmetered', 'off'];
/** The most characters of an id. */
const MAX_ID = 128;

/**
 * Handles a page's message. Returns `undefined` synchronously for a message that is not for this package (another
 * library's, or no object). Posts the ack with the message's id to the port, if there is one, after the command is
 * durable.
 */
export function createMessageHandler(
  commands: Commands,
  now: () => number,
  inbox: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(),
): (data: unknown, port: Pick<MessagePort, 'postMessage'> | undefined, clientId?: string) => Promise<void> | undefined {
  return (data, port, clientId) => {
    if (!isRecord(data) || !isCommand(data['type'])) return undefined;
    const { id } = data;
    const sign = typeof id === 'string' && id.length <= MAX_ID ? { id } : {};
    const ack = (message: AckMessage) => {
      try {
        port?.postMessage(message);
      } catch {
        // The result cannot be posted, or the port is gone: the client sends the message again.
      }
    };
    return inbox(() => carryOut(commands, data, clientId, now())).then(
      (result) => ack({ type: 'TILE_ACK', ...sign, ok: true, result }),
      (error: unknown) => ack({ type: 'TILE_ACK', ...sign, ok: false, error: errorRecord(error) }),
    );
  };
}

/** Checks a message and carries it out. Rejects with `TileCacheError`. */
async function carryOut(
  commands: Commands,
  data: Record<string, unknown>,
  clientId: string | undefined,
  now: number,
): Promise<unknown> {
  const type = data['type'] as PageMessage['type'];
  switch (type) {
    case 'CACHE_INVALIDATE': {
      const { type: _, ...rest } = data;
      return commands.CACHE_INVALIDATE(parseInvalidation(rest));
    }
    case 'TILE_VERSIONS': {
      const confirmedAt = data['confirmedAt'] as number;
      if (!isInteger(Math.floor(confirmedAt), 0)) refuse(CODE, 'confirmedAt', 'an instant in epoch milliseconds');
      const { believe = [] } = data;
      // No manifest can have been confirmed in the future.
      return commands.TILE_VERSIONS(
        parseManifest(data['manifest']),
        Math.min(confirmedAt, now),
        names(believe, 'believe', CODE),
      );
    }
    case 'TILE_STATUS':
      return commands.TILE_STATUS();
    case 'TILE_USAGE':
      return commands.TILE_USAGE();
    case 'TILE_STOP':
      return commands.TILE_STOP();
    case 'TILE_NETWORK': {
      const mode = data['mode'] as NetworkMode;
      return commands.TILE_NETWORK(MODES.includes(mode) ? mode : refuse(CODE, 'mode', MODES.join()));
    }
    case 'TILE_CLEAR': {
      const { type: _, id: __, ...rest } = data;
      const { layer, partition } = readClear(rest, '', CODE);
      // No layer has this name: an ack would say that all tiles are gone.
      if (layer === '*') refuse(CODE, 'layer', 'the name of one layer', 'Leave it out to clear all layers.');
      return commands.TILE_CLEAR(layer, partition);
    }
    case 'TILE_REGIONS':
      // Each action validates its own fields.
      return commands.TILE_REGIONS(data as unknown as RegionCommand);
    case 'TILE_INSPECT':
      return commands.TILE_INSPECT(data as unknown as InspectCommand, clientId);
    case 'TILE_MOVE_IN':
      return commands.TILE_MOVE_IN(data);
    case 'TILE_VIEWPORT':
      return commands.TILE_VIEWPORT(readView(data), clientId);
  }
}

function readView(data: Record<string, unknown>): Omit<ViewportMessage, 'type'> {
  const zoom = data['zoom'];
  if (typeof zoom !== 'number' || !(zoom >= 0 && zoom <= 30)) refuse(CODE, 'zoom', 'a number from 0 to 30');
  const map = data['map'] ?? '';
  if (typeof map !== 'string' || map.length > 64) refuse(CODE, 'map', 'text of at most 64 characters');
  return {
    layer: readLayerName(data['layer'], 'layer', CODE),
    zoom,
    bbox: readBBox(data['bbox'], 'bbox', CODE),
    map,
    ...(data['closed'] === true && { closed: true }),
  };
}

const TYPES: Record<PageMessage['type'], true> = {
  CACHE_INVALIDATE: true,
  TILE_VERSIONS: true,
  TILE_STATUS: true,
  TILE_USAGE: true,
  TILE_CLEAR: true,
  TILE_REGIONS: true,
  TILE_INSPECT: true,
  TILE_MOVE_IN: true,
  TILE_NETWORK: true,
  TILE_STOP: true,
  TILE_VIEWPORT: true,
};

/** True for the type of one of this package's messages. */
export const isCommand = (type: unknown): type is PageMessage['type'] =>
  typeof type === 'string' && Object.hasOwn(TYPES, type);
