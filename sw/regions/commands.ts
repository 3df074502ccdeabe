import type { RegionCommand, RegionInfo } from '../../src/shared/regions';
import { refuse } from '../../src/shared/validate';
import { pauseRegion, removeRegion, resumeRegion, updateRegion } from './change';
import { checkSpec } from './check-spec';
import type { CommandTools } from './command-tools';
import { coverageOf } from './coverage';
import { exportRegion } from './export-region';
import { importRegion } from './import-region';
import { infoNow } from './info';
import { stateNow } from './known';
import type { RegionRecord } from './records';
import { estimateRegion } from './sample';
import { saveRegion } from './save';

/** Milliseconds that a list waits until it is known which regions the browser has deleted. */
const NOTICED_MS = 1000;

/**
 * Creates the commands about regions that pages may send. Each checks everything before it asks an origin for anything,
 * or changes anything.
 */
export function createRegionCommands(tools: CommandTools) {
  const { book, job, space, ledger } = tools;
  const info = (record: RegionRecord): Promise<RegionInfo> => infoNow(record, tools);

  return {
    info,
    async run(command: RegionCommand): Promise<unknown> {
      const { region } = command as { region?: unknown };
      switch (command.action) {
        case 'save':
          return saveRegion(command.spec, tools);
        case 'estimate':
          await stateNow(tools);
          await book.load();
          return estimateRegion(await checkSpec(command.spec, tools), false, tools).then(
            ({ busy: _, ...told }) => told,
          );
        case 'list':
          await ledger.load();
          await book.load();
          if (book.sound) await Promise.race([space.noticeLost().catch(() => {}), tools.sleep(NOTICED_MS)]);
          return Promise.all(book.all().map(info));
        case 'pause':
          return pauseRegion(region, tools);
        case 'resume':
          return resumeRegion(region, tools);
        case 'update':
          return updateRegion(region, tools);
        case 'remove':
          return removeRegion(region, tools);
        case 'coverage':
          await stateNow(tools);
          return coverageOf(command.query, tools);
        case 'drive': {
          await space.tidy();
          const driven = await job.drive({ metered: command.metered === true, online: command.online !== false });
          // Nobody may ask again for long: what a switch has left behind would take its room until then.
          if (driven.again === undefined && book.all().some(({ garbage }) => garbage.length > 0)) await space.tidy();
          return driven;
        }
        case 'export':
          return exportRegion(region, command, tools);
        case 'import':
          return importRegion(command, tools);
        default:
          return refuse('INVALID_MESSAGE', 'action', 'one that this worker supports');
      }
    },
  };
}
