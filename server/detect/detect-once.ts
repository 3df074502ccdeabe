import { createHash } from 'node:crypto';
import type { Publication } from '../publish/publication';
import { type Cursor, formatCursor } from './cursor';
import type { Database } from './database';
import { look, type Sight } from './look';
import type { DetectTask } from './task';

/** What one run needs beside the database. */
export interface RunNeeds {
  /** Whom the cursor belongs to. */
  subject: string;
  /** Keeps what was seen, whatever happens. */
  keep(cursor: Cursor): Promise<void>;
  /** Resolves with true once the origin has all of it. */
  publish(publication: Partial<Publication>): Promise<boolean>;
  /** Takes a line for people. */
  note(line: string): void;
}

/**
 * Looks once, publishes what changed, and resolves with what has been seen. Only what was published counts as seen: else the next
 * run finds it again, and what came meanwhile. A run that found the same sends the same `id`, so the origin repeats what is left
 * to do and makes no further version.
 */
export async function detectOnce(
  database: Database,
  task: DetectTask,
  since: Cursor | undefined,
  { subject, keep, publish, note }: RunNeeds,
): Promise<{ cursor: Cursor | undefined; published: boolean | undefined }> {
  const sight = await look(database, task, since);
  const { cursor, area } = sight;
  if (!area) return { cursor, published: undefined };
  note(lineOf(sight));
  const published = await publish({ layer: task.layer, ...idOf(subject, since, sight), ...area });
  if (!published) return { cursor: since, published };
  await keep(cursor);
  return { cursor, published };
}

function idOf(subject: string, since: Cursor | undefined, { transactions, area }: Sight): { id?: string } {
  if (!since || !transactions) return {};
  const found = JSON.stringify([formatCursor(subject, since), transactions.sort(), area]);
  return { id: `detect-${createHash('sha256').update(found).digest('hex').slice(0, 32)}` };
}

function lineOf({ rows, area, whole }: Sight): string {
  if (whole !== undefined) return `the whole layer: ${whole}`;
  const [count, word] = area?.tiles === undefined ? [area?.boxes?.length, 'boxes'] : [undefined, 'a list of tiles'];
  return `${rows} ${rows === 1 ? 'row' : 'rows'} changed: ${count === 1 ? 'a box' : [count, word].filter(Boolean).join(' ')}`;
}
