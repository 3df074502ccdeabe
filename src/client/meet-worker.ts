import type { WorkerStatus } from '../shared/answers';
import type { ClientParts } from './parts';

/** Asks the worker for its status, once there is one, and continues its work on regions. */
export async function meetWorker(
  link: ClientParts['link'],
  channel: ClientParts['channel'],
  regions: ClientParts['regions'],
  met: (status: WorkerStatus) => void,
): Promise<void> {
  await link.settled;
  if (!link.active()) return;
  const status = await (await channel()).send<WorkerStatus>({ type: 'TILE_STATUS' });
  met(status);
  if (status.regions) (await regions()).drive();
}
