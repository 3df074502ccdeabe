// Deploy this script in place of a worker that has to go. It takes over at once, deletes what the package has stored,
// and unregisters itself. It answers no requests, so open pages go on over the network.
import { removeStored } from '../src/shared/removal';

const worker = self as unknown as ServiceWorkerGlobalScope;

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(remove()));

async function remove(): Promise<void> {
  const { caches, indexedDB, registration } = worker;
  const wait = (ms: number) => new Promise<void>((resolve) => void worker.setTimeout(resolve, ms));
  await removeStored({ caches, indexedDB, wait }, registration.scope);
  await registration.unregister();
}
