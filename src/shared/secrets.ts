/** Names of query parameters that are secrets by default. Case does not matter; `*` stands for any beginning or end. */
export const SECRET_PARAMS: readonly string[] = [
  '*token auth authorization authkey auth_key *apikey *api_key *api-key key access_key access-key accesskey',
  '*subscription-key *subscription_key subscriptionkey x-functions-key appid app_id app-id appcode app_code app-code',
  'appkey app_key app-key tk ak sk sn sku mtsid *signature sig sign signed hmac mac hash_key policy key-pair-id jwt bearer',
  'session session_id *sessionid sid sas phpsessid ticket cas_ticket',
  'license licence license_key licence_key client_id client-id clientid *secret secret_key secret-key secretkey',
  'user username user_id userid usr login email *password passwd pass pwd pw otp credential credentials nonce',
  'awsaccesskeyid googleaccessid ossaccesskeyid expires x-amz-* x-goog-* x-oss-* x-cos-* x-tos-* se sp sv hdnts hdntl hdnea',
  '__gda__ q-sign-* q-ak keyname urlprefix __token__ __cld_token__ maptiler_key mapkey map_key ncpkeyid ncpclientid consumer_key',
]
  .join(' ')
  .split(' ');

/** Short parameters of Azure's shared access signatures. They are secrets only beside a `sig`. */
const SAS = /^(st|spr|sr|srt|ss|sip|si|skoid|sktid|skt|ske|sks|skv|sdd|saoid|suoid|scid)$/;

/** Returns true if the list contains the name, which must be in lower case. */
export function isNamed(list: readonly string[], name: string): boolean {
  return list.some((item) =>
    item[0] === '*'
      ? name.endsWith(item.slice(1))
      : item.endsWith('*')
        ? name.startsWith(item.slice(0, -1))
        : item === name,
  );
}

/** Returns true for the name of a secret. `signed` tells whether the URL has a `sig`. */
export function isSecretName(list: readonly string[], name: string, signed: boolean): boolean {
  return isNamed(list, name) || (signed && SAS.test(name));
}

/** Matches a path segment that announces a secret in the next one. */
const NAMES_NEXT = /^[\w-]*(token|secret|password|api[-_]?key|jwt)$|^key$/i;

/**
 * Returns true for a path segment that is a secret: by its look, by a name in it (`key=…`, `5.png;sid=…`, RFC 3986
 * section 3.3), or by the segment before it (`token/…`).
 */
export function isSecretSegment(list: readonly string[], text: string, before = ''): boolean {
  const names = [...text.toLowerCase().matchAll(/(?:^|[;,])([\w-]+)[=:]./g)];
  return (
    looksLikeToken(text) ||
    names.some(([, name]) => isNamed(list, name!)) ||
    (NAMES_NEXT.test(before) && isNamed(list, before.toLowerCase()) && !/^\W/.test(text))
  );
}

/** Authorization headers, JSON Web Tokens, and the keys of well-known services. */
const FORMS =
  /^(bearer|basic|digest|negotiate)[\s+]|eyJ[\w-]{6,}|\b[pst]k\.[\w.-]{16,}|AIza[\w-]{20,}|\b(AKIA|ASIA)[A-Z0-9]{12,}|AAPK[\w-]{16,}|^s--[\w-]{8,}--$/i;
const NUMBERS = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A digest, a long number, or a UUID without its dashes. */
const DIGEST = /^[0-9a-f]{16,}$/i;

/** Returns how often the kind of character changes: rarely in words, often in random text. */
function changes(chunk: string): number {
  let count = 0;
  const kind = (char: string) => (/\d/.test(char) ? 0 : char < 'a' ? 1 : 2);
  for (let i = 1; i < chunk.length; i += 1) if (kind(chunk[i]!) !== kind(chunk[i - 1]!)) count += 1;
  return count;
}

/**
 * Returns true for joined words, possibly with numbers, such as `GoogleMapsCompatible` or `WorldCRS84Quad`. The words
 * in random text are shorter.
 */
function isCamelCase(chunk: string): boolean {
  const words = chunk.match(/[A-Z]*[a-z]+|[A-Z]+|\d+/g) ?? [];
  return (
    /[A-Z]/.test(chunk) &&
    /[a-z]{3}/.test(chunk) &&
    words.length * 3.5 <= chunk.length &&
    words.every((word) => /^(\d{1,4}|[A-Z]{1,6}|[A-Z]{0,5}(?=.*[aeiouy])[a-z]{2,14})$/.test(word))
  );
}

/**
 * Returns true for text that looks like a credential: it has a known form, or is long and unlike words. When in doubt
 * it returns true: a harmless text is then hashed, while a missed secret would be visible.
 */
export function looksLikeToken(text: string): boolean {
  if (text.length < 12) return false;
  if (FORMS.test(text)) return true;
  // Lists of numbers, dates and boxes may be long.
  if (text.split(/[,;\s]/).every((item) => NUMBERS.test(item) && !/^\d{16,}$/.test(item))) return false;
  const dense = text.replace(/[-_=]/g, '');
  return (
    DIGEST.test(dense) ||
    text.split(/[^A-Za-z0-9]+/).some((chunk) => {
      if (chunk.length < 12 || isCamelCase(chunk)) return false;
      if (DIGEST.test(chunk) || chunk.length >= 24) return true;
      return changes(chunk) >= chunk.length / 4 || /^[^aeiou]{12,}$/i.test(chunk);
    }) ||
    // Base64 that dashes and slashes divide into short chunks.
    text
      .split(/[^A-Za-z0-9_+/=-]+/)
      .some((run) => run.length >= 20 && changes(run.replace(/[^A-Za-z0-9]/g, '')) >= run.length / 3)
  );
}
