import type { JobTools } from './job-tools';
import type { RegionRecord } from './records';

/** Writes a record, then tells every page of it at once. */
export async function putAndTell(record: RegionRecord, tools: Pick<JobTools, 'book' | 'told'>): Promise<RegionRecord> {
  await tools.book.put(record);
  tools.told(record.id, true);
  return record;
}
