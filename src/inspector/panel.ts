import type { InspectorOverview } from '../shared/inspect-commands';
import { layersPart } from './layers-part';
import { logPart } from './log-part';
import { createMessageLine } from './message-line';
import { pagePart } from './page-part';
import { roomPart, rulesPart } from './rules-part';
import { storedPart } from './stored-part';
import { tilePart } from './tile-part';
import type { PanelPart, PanelTools, TileInspectorBinding, TileInspectorClient } from './types';

/** The panel of one client. */
export interface Panel {
  /** The message line, and the parts below it. */
  elements: HTMLElement[];
  inspect: PanelTools['inspect'];
  /** Asks the worker for an overview, and shows it. Never rejects. */
  look(): Promise<void>;
  stop(): void;
}

export function createPanel(client: TileInspectorClient, bindings: () => readonly TileInspectorBinding[]): Panel {
  const line = createMessageLine();
  const tools: PanelTools = {
    client,
    bindings,
    say: line.say,
    attempt: (work) => void work().catch(line.failed),
    inspect: (what) => tile.inspect(what),
  };
  const tile = tilePart(tools);
  let parts: PanelPart[] = [
    layersPart(tools),
    tile,
    logPart(tools),
    storedPart(tools),
    rulesPart(),
    roomPart(tools),
    pagePart(tools),
  ];
  return {
    elements: [line.element, ...parts.map(({ element }) => element)],
    inspect: tile.inspect,
    async look() {
      try {
        const overview: InspectorOverview = await client.inspector('overview');
        for (const part of parts) part.show(overview);
        line.recovered();
      } catch (error) {
        line.failed(error);
      }
    },
    stop() {
      for (const part of parts) part.stop?.();
      parts = [];
    },
  };
}
