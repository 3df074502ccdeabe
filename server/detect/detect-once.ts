import { createHash } from 'node:crypto';
import type { Publication } from '../publish/publication';
import { type Cursor, formatCursor } from './cursor';
import type { Database } from './database';
import { findChanges, type FoundChanges } from './find-changes';
import type { DetectTask } from './task';

/** The requirements of a run in addition to the database. */
export interface RunNeeds {
  /** Identifies the cursor's table and layer. */
  subject: string;
  /** Saves the cursor. */
  keep(cursor: Cursor): Promise<void>;
  /** Publishes. Resolves with true once the origin has carried out every step. */
  publish(publication: Partial<Publication>): Promise<boolean>;
  /** Writes a line for people. */
  note(line: string): void;
}

/**
 * Looks once, publishes the changes, and resolves with the cursor. Changes count as seen only after they were
 * published; otherwise the next run finds them again, together with newer ones. A run that finds the same changes sends
 * the same `id`, so that the origin completes the publication instead of making another version.
 */
export async function detectOnce(
  database: Database,
  task: DetectTask,
  since: Cursor | undefined,
  { subject, keep, publish, note }: RunNeeds,
): Promise<{ cursor: Cursor | undefined; published: boolean | undefined }> {
  const found = await findChanges(database, task, since);
  const { cursor, area } = found;
  if (!area) return { cursor, published: undefined };
  note(lineOf(found));
  const published = await publish({ layer: task.layer, ...idOf(subject, since, found), ...area });
  if (!published) return { cursor: since, published };
  await keep(cursor);
  return { cursor, published };
}

function idOf(subject: string, since: Cursor | undefined, { transactions, area }: FoundChanges): { id?: string } {
  if (!since || !transactions) return {};
  const found = JSON.stringify([formatCursor(subject, since), transactions.sort(), area]);
  return { id: `detect-${createHash('sha256').update(found).digest('hex').slice(0, 32)}` };
}

function lineOf({ rows, area, whole }: FoundChanges): string {
  if (whole !== undefined) return `the whole layer: ${whole}`;
  const [count, word] = area?.tiles === undefined ? [area?.boxes?.length, 'boxes'] : [undefined, 'a list of tiles'];
  return `${rows} ${rows === 1 ? 'row' : 'rows'} changed: ${count === 1 ? 'a box' : [count, word].filter(Boolean).join(' ')}`;
}
