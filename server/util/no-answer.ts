/** The reason why a request got no answer. */
export interface NoAnswer {
  kind: 'timeout' | 'certificate' | 'name' | 'other';
  /** The platform's short code, if there is one. */
  code: string | undefined;
}

/** Matches the codes of OpenSSL and Node for certificates and TLS connections that they reject. */
const TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO$)/;

/**
 * Reads the reason from an error of `fetch`, without its message, which quotes headers and addresses and so may reveal
 * secrets.
 */
export function noAnswer(error: unknown): NoAnswer {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } };
  const code = typeof cause?.code === 'string' && /^\w{1,40}$/.test(cause.code) ? cause.code : undefined;
  if (name === 'TimeoutError') return { kind: 'timeout', code };
  if (code !== undefined && TLS.test(code)) return { kind: 'certificate', code };
  return { kind: code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name' : 'other', code };
}
