import { refuse } from '../../src/shared/validate';
import { createTileHandler } from '../request/handle-tile';
import { countZooms, listEntries } from './entries';
import { inspect } from './inspect';
import { overview } from './overview';
import { createSimulation } from './simulate';
import type { Inspector, InspectTools } from './tools';
import { createTracer } from './trace';

/** Creates the inspector of a running cache. It answers questions, and wraps the handler to record decisions. */
export function createInspector(tools: InspectTools): Inspector {
  const tracer = createTracer(tools);
  const simulation = createSimulation(tracer.tools, tools.sleep);
  return {
    handler: tracer.around(simulation.around(createTileHandler(tracer.tools))),
    async command(command, clientId) {
      switch (command.action) {
        case 'inspect':
          return inspect(tools, command, tracer.lastOf, simulation.of(clientId).offline);
        case 'entries':
          return listEntries(tools, command);
        case 'zooms':
          return countZooms(tools, command);
        case 'trace':
          return tracer.read(command);
        case 'overview':
          return { ...(await overview(tools)), simulated: simulation.of(clientId) };
        case 'simulate':
          return simulation.set(clientId, command);
        default:
          return refuse('INVALID_MESSAGE', 'action', 'inspect, entries, zooms, trace, overview or simulate');
      }
    },
  };
}
