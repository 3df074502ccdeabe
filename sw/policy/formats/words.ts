import { find, latin } from './bytes';

/** What a body of characters says that it is. `root`: the first element's name without prefix, or of a JSON object the first member's where it says something; in lower case. */
export interface Words {
  kind: 'HTML' | 'XML' | 'JSON' | 'text';
  root?: string;
  /** All of it, where that is a single word. */
  word?: string;
  /** It began as markup or JSON and does not end as such. */
  cut: boolean;
}

/** Elements that a page may begin with when its `html` is left out. */
const PAGE =
  /^(html|head|body|script|meta|title|link|style|base|noscript|iframe|frameset|center|font|table|form|div|span|main|section|article|header|p|pre|br|hr|h[1-6]|ul|ol|a|b|i|strong|em|img)$/;
/** A first member with an object, a list or a text in it. */
const MEMBER = /^\{\s*"(\w+)"\s*:\s*(?:"[^"]|\{\s*"|\[\s*[^\s\]])/;
const CALL = /^(\/\*\*\/\s*)?[\w$.]+\(\s*[{[]/;
/** Members that servers put into a message about a failure, and those of them that are the message. */
const ABOUT =
  /^(errors?|error_?(code|message|description|type|id)|messages?|msg|details?|reason|fault|exception|title|type|status_?(code|text|message)?|code?|success|ok|instance|path|timestamp|method|help|hint|documentation_url|(request|trace)_?id|name|jsonapi|meta|links)$/i;
const MESSAGE = /^(errors?|error_?(message|description)|message|msg|detail|reason|fault|exception|status_?message)$/i;
/** Where the data would be. */
const DATA = /^(data|results?|response|value|payload)$/i;
/** Characters of a longest message. */
const COMPLAINT = 4096;
/** Bytes that are looked at to tell characters from binary. */
const SAMPLE = 1024;
/** Characters of comments and instructions before the first element. */
const PROLOGUE = 65536;

/** Reads a body as characters; undefined for binary ones. */
export function readWords(bytes: Uint8Array): Words | undefined {
  const wide = utf16(bytes);
  if (wide === undefined && !isText(bytes)) return undefined;
  const text = (wide ?? latin8(bytes)).replace(/^(\u00ef\u00bb\u00bf|\ufeff)/, '').trimStart();
  const last = (wide ?? latin(bytes, Math.max(0, bytes.length - 256), bytes.length)).replace(/[\0\s]+$/, '').at(-1);
  if (text.startsWith('<')) return markup(text, last !== '>');
  if (/^\x1e?[{[]/.test(text)) {
    const root = isComplaint(text) ? 'error' : MEMBER.exec(text)?.[1]?.toLowerCase();
    const cut = last !== (text.replace('\x1e', '')[0] === '{' ? '}' : ']');
    return { kind: 'JSON', cut, ...(root !== undefined && { root }) };
  }
  // UTFGrid within a call.
  if (CALL.test(text)) return { kind: 'JSON', cut: false };
  const word = /^[!-~]{1,64}\s*$/.test(text) && !/[.,;:]/.test(text) ? text : undefined;
  return { kind: 'text', cut: false, ...(word !== undefined && { word }) };
}

/** An object with nothing in it but what servers say of a failure: `{"statusCode":404,"message":"Not Found"}`. */
function isComplaint(text: string): boolean {
  if (text.length > COMPLAINT) return false;
  try {
    const members = Object.entries(JSON.parse(text) as object);
    return (
      members.every(([name, value]) => ABOUT.test(name) || (DATA.test(name) && value === null)) &&
      members.some(([name, value]) =>
        /^(success|ok)$/i.test(name)
          ? value === false
          : name === 'status'
            ? /^(error|fail)/i.test(String(value))
            : MESSAGE.test(name) && (typeof value === 'string' || Array.isArray(value)) && value.length > 0,
      )
    );
  } catch {
    return false;
  }
}

/** Past comments, instructions and the document type, to the first element. */
function markup(text: string, cut: boolean): Words {
  let rest = text;
  for (;;) {
    if (/^<!doctype\s+html\b/i.test(rest)) return { kind: 'HTML', cut };
    const close = rest.startsWith('<!--') ? '-->' : rest.startsWith('<?') ? '?>' : /^<!/.test(rest) ? '>' : undefined;
    if (close === undefined) break;
    const end = rest.indexOf(close, close === '-->' ? 4 : 2);
    // Nothing but a prologue: no tile of any kind.
    if (end < 0) return { kind: 'HTML', cut };
    rest = rest.slice(end + close.length).trimStart();
  }
  const root = /^<(?:[\w.-]+:)?([\w.-]+)/.exec(rest)?.[1]?.toLowerCase() ?? '';
  // XML has one root element; what has none is a page's beginning.
  return { kind: PAGE.test(root) || root === '' ? 'HTML' : 'XML', root, cut };
}

const latin8 = (bytes: Uint8Array) => {
  let text = '';
  for (let at = 0; at < Math.min(bytes.length, PROLOGUE); at += 4096)
    text += latin(bytes, at, Math.min(at + 4096, bytes.length));
  return text;
};

function utf16(bytes: Uint8Array): string | undefined {
  const mark = latin(bytes, 0, 4);
  const label = /^(\xff\xfe|([!-~]\0){2})/.test(mark)
    ? 'utf-16le'
    : /^(\xfe\xff|(\0[!-~]){2})/.test(mark)
      ? 'utf-16be'
      : undefined;
  if (!label) return undefined;
  const text = new TextDecoder(label).decode(bytes.subarray(0, PROLOGUE));
  return /[\0-\x08\ufffd]/.test(text.slice(0, SAMPLE)) ? undefined : text;
}

/** No control characters but those of text; what is no ASCII are letters, of UTF-8 or of an older charset (Shift JIS, GBK). */
function isText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE);
  // Zeros behind a text are padding.
  const end = find(sample, [0]);
  const body = end > 0 && sample.subarray(end).every((byte) => byte === 0) ? sample.subarray(0, end) : sample;
  return body.length > 0 && !body.some(isControl);
}

const isControl = (byte: number) => byte === 0x7f || (byte < 0x20 && !(byte >= 9 && byte <= 13) && byte !== 0x1e);
