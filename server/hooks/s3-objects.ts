import { isRecord } from '../../src/shared/validate';

/** An object that an S3-like store tells of. */
export interface S3Object {
  /** The bucket's name. */
  bucket: string;
  /** Decoded. */
  key: string;
  /** A digest of its contents, where the store tells one: good as a version. */
  etag?: string;
  /** The object was deleted. */
  removed: boolean;
}

/** Reads the event notification of an S3-like store (`Records`, as AWS, MinIO and Ceph send it); what is none is left out. */
export function s3Objects(payload: unknown): S3Object[] {
  const records = isRecord(payload) && Array.isArray(payload.Records) ? (payload.Records as unknown[]) : [];
  return records.flatMap((record): S3Object[] => {
    const { s3, eventName } = isRecord(record) ? record : {};
    const { bucket, object } = isRecord(s3) ? s3 : {};
    if (!isRecord(bucket) || !isRecord(object) || typeof object.key !== 'string') return [];
    const etag = typeof object.eTag === 'string' && /^[\w-]{1,128}$/.test(object.eTag) ? { etag: object.eTag } : {};
    return [
      {
        bucket: String(bucket.name),
        key: decoded(object.key),
        removed: /removed/i.test(String(eventName)),
        ...etag,
      },
    ];
  });
}

/** Keys are encoded as in a form: a space is `+`. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
