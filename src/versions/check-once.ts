import type { TileCacheError } from '../shared/errors';
import type { Publishing } from './publishing';
import type { SharedChecks } from './shared-checks';
import type { Change } from './version-book';
import type { createVersionRequest } from './version-request';

interface CheckParts extends Pick<Publishing, 'publish'> {
  request: ReturnType<typeof createVersionRequest>;
  shared: Pick<SharedChecks, 'ask' | 'ended'>;
  /** Called with the error of a manifest that can be read in part. */
  failed(error: TileCacheError): void;
  /** Called when the check has ended, with its error. */
  ended(error: TileCacheError | undefined): void;
  /** Returns true if the user is leaving the page, or the client is closed. */
  isGone(): boolean;
}

/** Requests the manifest once, and handles it. Never rejects. */
export async function checkOnce({ request, shared, publish, failed, ended, isGone }: CheckParts): Promise<void> {
  const changes: Change[] = [];
  let error: TileCacheError | undefined;
  let since = 0;
  try {
    const { manifest, orders, error: unreadable, confirmedAt } = await request();
    // Carry out orders before telling the worker anything: it may hang. They may switch off the very thing that
    // breaks the versions. A manifest with a broken part and without orders withdraws none.
    if (orders || !unreadable) shared.ask(orders);
    if (!manifest) throw unreadable!;
    if (unreadable) failed(unreadable);
    since = confirmedAt;
    await publish(manifest, since, changes);
  } catch (cause) {
    // When the user leaves a page, the browser aborts its requests. That says nothing about the endpoint.
    if (isGone()) return;
    error = cause as TileCacheError;
  }
  shared.ended(changes, error, since);
  ended(error);
}
