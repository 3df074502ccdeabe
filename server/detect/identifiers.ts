import { wrong } from './wrong';

/** A table's schema and name, as the database stores them. */
export interface TableName {
  schema: string;
  name: string;
}

/** Bytes of a name. PostgreSQL truncates longer names, and would then read another table. */
const MAX_BYTES = 63;

/** Quotes a name for SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Reads a column's or a channel's name. Throws `INVALID_OPTION`. */
export function readIdentifier(text: string, option: string): string {
  const [name, rest] = take(text, option);
  if (rest !== '') throw wrong(option, 'must be one name; put a name that contains a dot into double quotes');
  return name;
}

/** Reads `table` (in the schema public) or `schema.table`. A part may be in double quotes. Throws `INVALID_OPTION`. */
export function readTableName(text: string, option: string): TableName {
  const [first, rest] = take(text, option);
  if (rest === '') return { schema: 'public', name: first };
  return { schema: first, name: readIdentifier(rest.slice(1), option) };
}

/** Splits off the first name. Names keep their upper and lower case. */
function take(text: string, option: string): [name: string, rest: string] {
  const parts = /^(?:"((?:[^"]|"")*)"|([^".]+))(?=\.|$)([^]*)$/.exec(text);
  const name = parts?.[1]?.replaceAll('""', '"') ?? parts?.[2] ?? '';
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > MAX_BYTES)
    throw wrong(option, `must be a database name of at most ${MAX_BYTES} bytes`);
  return [name, parts![3]!];
}
