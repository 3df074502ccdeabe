const FIFTY_YEARS = 50 * 31556952000;

/**
 * Parses an HTTP-date (RFC 9110 section 5.6.7) into epoch milliseconds: IMF-fixdate or one of the two obsolete forms.
 * Case does not matter (RFC 9111 section 4.2); everything else must match exactly. Returns `undefined` for any other
 * text, including a day that does not exist. `now`, in epoch milliseconds, determines the century of two-digit years.
 */
export function parseHttpDate(value: string | null, now: number): number | undefined {
  if (!value) return undefined;
  let twoDigits = false;
  const fixdate = value
    .toLowerCase()
    .replace(/^([a-z]{3})[a-z]*day, (\d\d)-([a-z]{3})-(\d\d) /, (_, name, day, month, year) => {
      twoDigits = true;
      return `${name}, ${day} ${month} 20${year} `;
    })
    .replace(
      /^([a-z]{3}) ([a-z]{3}) ([ \d])(\d) (\S+) (\d{4})$/,
      (_, name, month, ten, one, time, year) => `${name}, ${ten === ' ' ? 0 : ten}${one} ${month} ${year} ${time} gmt`,
    );
  const at = exactly(fixdate);
  // A two-digit year more than 50 years ahead means the last year that ended in those digits.
  return twoDigits && at !== undefined && at - now > FIFTY_YEARS ? exactly(fixdate.replace(/ 20(\d\d )/, ' 19$1')) : at;
}

/**
 * Parses an exact date. Browsers' parsers are lenient, but only the canonical form survives the round trip unchanged.
 */
function exactly(fixdate: string): number | undefined {
  const rest = fixdate.slice(5);
  const at = Date.parse(rest);
  return /^(mon|tue|wed|thu|fri|sat|sun), /.test(fixdate) && new Date(at).toUTCString().slice(5).toLowerCase() === rest
    ? at
    : undefined;
}
