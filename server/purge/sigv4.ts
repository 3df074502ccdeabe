/** Credentials of AWS that sign requests. */
export interface AwsCredentials {
  /** The access key's id. */
  accessKeyId: string;
  /** The access key's secret. */
  secretAccessKey: string;
  /** The session token of temporary credentials. */
  sessionToken?: string;
}

/** A request to sign. */
export interface SignTask {
  method: string;
  url: string;
  /** Headers to sign in addition to `host` and `x-amz-date`, with names in lower case. */
  headers?: Record<string, string>;
  body?: string;
  region: string;
  service: string;
  /** Epoch milliseconds of the signature. AWS accepts a difference of five minutes. */
  at: number;
}

const encoder = new TextEncoder();
const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const hash = async (text: string) => hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)));

async function mac(secret: ArrayBuffer | Uint8Array<ArrayBuffer>, text: string): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return crypto.subtle.sign('HMAC', key, encoder.encode(text));
}

/** Returns the headers that sign a request with AWS Signature Version 4. The URL must not have a query. */
export async function signedHeaders(task: SignTask, credentials: AwsCredentials): Promise<Record<string, string>> {
  const { method, url, headers = {}, body = '', region, service, at } = task;
  const { host, pathname } = new URL(url);
  const instant = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = instant.slice(0, 8);
  const { sessionToken } = credentials;
  const sent: Record<string, string> = {
    ...headers,
    'x-amz-date': instant,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const signed = Object.entries({ ...sent, host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value.trim()}\n`).join('');
  const request = [method, pathname, '', lines, names, await hash(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  let key: ArrayBuffer | Uint8Array<ArrayBuffer> = encoder.encode(`AWS4${credentials.secretAccessKey}`);
  for (const part of [day, region, service, 'aws4_request']) key = await mac(key, part);
  const signature = hex(await mac(key, ['AWS4-HMAC-SHA256', instant, scope, await hash(request)].join('\n')));
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
