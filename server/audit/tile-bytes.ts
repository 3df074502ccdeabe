/** The kind of data that the first bytes show. */
export type Kind =
  'png' | 'jpeg' | 'webp' | 'avif' | 'gif' | 'svg' | 'gzip' | 'html' | 'xml' | 'json' | 'text' | 'empty' | 'binary';

const starts = (body: Uint8Array, ...bytes: number[]) => bytes.every((byte, i) => body[i] === byte);

export function kindOf(body: Uint8Array): Kind {
  if (body.length === 0) return 'empty';
  if (starts(body, 0x89, 0x50, 0x4e, 0x47)) return 'png';
  if (starts(body, 0xff, 0xd8, 0xff)) return 'jpeg';
  if (starts(body, 0x52, 0x49, 0x46, 0x46)) return 'webp';
  if (starts(body, 0x47, 0x49, 0x46, 0x38)) return 'gif';
  if (starts(body.subarray(4), 0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69)) return 'avif';
  if (starts(body, 0x1f, 0x8b)) return 'gzip';
  const text = new TextDecoder('latin1')
    .decode(body.subarray(0, 512))
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (/^<(!doctype html|html|head|body|meta|title|script|!--)/i.test(text)) return 'html';
  if (/^(<\?xml[^>]*>\s*)?(<!--[^>]*>\s*)?(<!doctype svg[^>]*>\s*)?<svg[\s>]/i.test(text)) return 'svg';
  if (/^<(\?xml|\w+[\s>])/i.test(text)) return 'xml';
  if (/^[[{]/.test(text) && isPrintable(text)) return 'json';
  return isPrintable(text) ? 'text' : 'binary';
}

const isPrintable = (text: string) => /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text) && /[\w ]{4}/.test(text);

/** Returns the image format of a content type, or `undefined` if it is not an image type. */
export function imageOf(type: string): Kind | undefined {
  return (['png', 'jpeg', 'webp', 'avif', 'gif', 'svg'] as const).find((kind) => type.startsWith(`image/${kind}`));
}

export const typeOf = (headers: Headers) => (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();

/** Returns whether the body is an error message of a script, an OGC service or a bucket, rather than data. */
export function isFailure(body: Uint8Array): boolean {
  const text = new TextDecoder('latin1')
    .decode(body.subarray(0, 2048))
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--[^>]*>\s*)?<(\w+:)?(service)?(exception(report)?|error|fault)[\s>/]/i.test(text))
    return true;
  const named =
    /^\{\s*"(error|errors|message|detail|details|exception|exceptions|code|status|statuscode|success|title|msg|fault)"\s*:/i;
  return named.test(text) && !/"(features|geometry|geometries|objects|grid|layers|tiles)"\s*:/.test(text);
}
