const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)';
const LONG_DAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';
const MONTH = '([a-z]{3})';
const TIME = '(\\d\\d):(\\d\\d):(\\d\\d)';

// Case-insensitive, as RFC 9111 section 4.2 asks of caches, and no zone but GMT.
const FIXDATE = new RegExp(`^${DAY}, (\\d\\d) ${MONTH} (\\d{4}) ${TIME} GMT$`, 'i');
const RFC850 = new RegExp(`^${LONG_DAY}, (\\d\\d)-${MONTH}-(\\d\\d) ${TIME} GMT$`, 'i');
const ASCTIME = new RegExp(`^${DAY} ${MONTH} ([ \\d]\\d) ${TIME} (\\d{4})$`, 'i');

/**
 * An HTTP-date (RFC 9110 section 5.6.7) in epoch milliseconds: IMF-fixdate and the two obsolete forms, each to the
 * letter. Anything else, a day that does not exist included, is `undefined`. `now` places two-digit years.
 */
export function parseHttpDate(value: string | null, now = Date.now()): number | undefined {
  if (!value) return undefined;
  let match = FIXDATE.exec(value);
  if (match) return instant(+match[3]!, match[2]!, +match[1]!, match, 4);
  match = ASCTIME.exec(value);
  if (match) return instant(+match[6]!, match[1]!, +match[2]!, match, 3);
  match = RFC850.exec(value);
  if (!match) return undefined;
  const at = new Date(now);
  const year = Math.floor(at.getUTCFullYear() / 100) * 100 + +match[3]!;
  const date = instant(year, match[2]!, +match[1]!, match, 4);
  // More than 50 years ahead means the last year that ended in those digits.
  return date !== undefined && date > at.setUTCFullYear(at.getUTCFullYear() + 50)
    ? instant(year - 100, match[2]!, +match[1]!, match, 4)
    : date;
}

function instant(year: number, monthName: string, day: number, match: string[], timeAt: number): number | undefined {
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const [hour, minute, second] = [+match[timeAt]!, +match[timeAt + 1]!, +match[timeAt + 2]!];
  if (month < 0 || month % 3 || hour > 23 || minute > 59 || second > 60) return undefined;
  // 60 is a leap second, and the next minute's first to a computer.
  return new Date(Date.UTC(year, month / 3, day)).getUTCDate() === day
    ? Date.UTC(year, month / 3, day, hour, minute, second)
    : undefined;
}
