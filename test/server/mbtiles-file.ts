import initialize from 'sql.js';

/**
 * Returns the bytes of an MBTiles file. If `deduplicated`, `tiles` is a view of two tables, as tippecanoe and mbutil
 * write it.
 */
export async function mbtilesOf(
  tiles: Record<string, string | Uint8Array>,
  metadata: Record<string, string> = {},
  deduplicated = false,
): Promise<Uint8Array> {
  const { Database } = await initialize();
  const database = new Database();
  database.run('CREATE TABLE metadata (name text, value text)');
  for (const each of Object.entries(metadata)) database.run('INSERT INTO metadata VALUES (?, ?)', each);
  if (deduplicated)
    database.run(`CREATE TABLE images (tile_id text PRIMARY KEY, tile_data blob);
      CREATE TABLE map (zoom_level int, tile_column int, tile_row int, tile_id text);
      CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map JOIN images USING (tile_id)`);
  else database.run('CREATE TABLE tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)');
  for (const [place, body] of Object.entries(tiles)) {
    const [z, x, y] = place.split('/').map(Number) as [number, number, number];
    const data = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const row = 2 ** z - 1 - y;
    if (deduplicated) {
      database.run('INSERT INTO images VALUES (?, ?)', [place, data]);
      database.run('INSERT INTO map VALUES (?, ?, ?, ?)', [z, x, row, place]);
    } else database.run('INSERT INTO tiles VALUES (?, ?, ?, ?)', [z, x, row, data]);
  }
  const bytes = database.export();
  database.close();
  return bytes;
}
