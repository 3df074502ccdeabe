import type { KioskBinding } from './types';

/** Has every map ask again for its tiles: one that fails keeps no other from it. Rejects where all of them fail. */
export async function refreshAll(bindings: readonly Pick<KioskBinding, 'refresh'>[]): Promise<void> {
  await Promise.any(bindings.map(async (binding) => binding.refresh())).catch((error: AggregateError) => {
    throw error.errors[0];
  });
}
