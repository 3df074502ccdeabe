import { expect, it } from 'vitest';
import type { Database } from '../../../server/detect/database';
import { readLayout } from '../../../server/detect/layout';
import type { DetectTask } from '../../../server/detect/task';

it.each([
  [{ version: 150_000, standby: true, postgis: 'public' }, 'a standby'],
  [{ version: 120_000, standby: false, postgis: 'public' }, 'older than PostgreSQL 13'],
  [{ version: 150_000, standby: false, postgis: null }, 'no PostGIS'],
])('a server with %o is refused with a reason', async (server, words) => {
  const asked: string[] = [];
  const database = {
    query: async (text: string) => (asked.push(text), { rows: [server] }),
  } as unknown as Database;
  const task = { table: { schema: 'public', name: 'roads' }, geometry: 'geom' } as DetectTask;
  await expect(readLayout(database, task)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    field: '--pg',
    message: expect.stringContaining(words),
  });
  // No row of the table was read.
  expect(asked).toHaveLength(1);
});
