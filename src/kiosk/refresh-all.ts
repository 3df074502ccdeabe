import type { KioskBinding } from './types';

/** Makes every map request its tiles again. A map that fails does not stop the others. Rejects if all of them fail. */
export async function refreshAll(bindings: readonly Pick<KioskBinding, 'refresh'>[]): Promise<void> {
  await Promise.any(bindings.map(async (binding) => binding.refresh())).catch((error: AggregateError) => {
    throw error.errors[0];
  });
}
