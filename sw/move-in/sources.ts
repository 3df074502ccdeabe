import type { MoveInCommand } from '../../src/shared/move-in';
import { createCacheSource } from './cache-source';
import { createLeafletSource } from './leaflet-source';
import type { Source, SourceTools } from './source';

export function createSource(command: MoveInCommand, tools: SourceTools): Source {
  return command.from === 'leaflet.offline' ? createLeafletSource(command, tools) : createCacheSource(command, tools);
}
