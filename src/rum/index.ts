import type { Env } from '../env';
import type { Emitter } from '../events';
import type { TileUse } from '../shared/protocol';
import type { ClientEvents, RumOptions } from '../types';

/** What measuring needs of the client. */
export interface RumParts {
  env: Env;
  options: RumOptions;
  /** Uses that came before this file was loaded. */
  early: TileUse[];
  on: Emitter<ClientEvents>['on'];
  versions(): Record<string, string>;
  closed: AbortSignal;
}

export function startRum(_parts: RumParts): void {}
