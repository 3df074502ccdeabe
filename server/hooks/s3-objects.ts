import { isRecord } from '../../src/shared/validate';

/** An object that a notification of an S3-compatible store names. */
export interface S3Object {
  /** The bucket's name. */
  bucket: string;
  /** The object's key, decoded. */
  key: string;
  /** A digest of the object's contents, if the store sends one. It can serve as a version. */
  etag?: string;
  /** Whether the object was deleted. */
  removed: boolean;
}

/**
 * Reads the objects that a notification of an S3-compatible store names. It understands notifications (`Records`, as
 * AWS, MinIO and Ceph send them), also wrapped by SNS, and the events of EventBridge and Cloudflare R2. It skips
 * everything else.
 */
export function s3Objects(payload: unknown): S3Object[] {
  if (!isRecord(payload)) return [];
  if (payload.Type === 'Notification' && typeof payload.Message === 'string') return s3Objects(parsed(payload.Message));
  const { Records: records, detail, action, bucket, object } = payload;
  if (Array.isArray(records))
    return records.flatMap((record: unknown) => {
      const { s3, eventName } = isRecord(record) ? record : {};
      const told = isRecord(s3) ? s3 : {};
      return objectOf(told.bucket, told.object, isRemoval(String(eventName)), decoded);
    });
  // EventBridge and R2 do not encode keys.
  const verbatim = (key: string) => key;
  if (isRecord(detail))
    return objectOf(detail.bucket, detail.object, /deleted/i.test(String(payload['detail-type'])), verbatim);
  if (typeof bucket === 'string') return objectOf({ name: bucket }, object, /delet/i.test(String(action)), verbatim);
  return [];
}

/**
 * Returns whether an event of this name removes the object: `ObjectRemoved:Delete`, and what a lifecycle rule does
 * (`LifecycleExpiration:Delete` at AWS, `ObjectLifecycle:Expiration:Current` at Ceph), except to an earlier version.
 */
const isRemoval = (name: string) => /removed|expiration(?!.*noncurrent)/i.test(name);

function objectOf(bucket: unknown, object: unknown, removed: boolean, read: (key: string) => string): S3Object[] {
  if (!isRecord(bucket) || !isRecord(object) || typeof object.key !== 'string') return [];
  const told = object.eTag ?? object.etag;
  const etag = typeof told === 'string' && /^[\w-]{1,128}$/.test(told) ? { etag: told } : {};
  return [{ bucket: String(bucket.name), key: read(object.key), removed, ...etag }];
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Unwrap one envelope only, because envelopes could be nested without end.
    return isRecord(value) && value.Type !== 'Notification' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Decodes a key, which is form-encoded: a space is `+`. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
