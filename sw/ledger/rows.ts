import type { Row } from './open-rows';
import type { LayerRecord, LedgerState } from './state';

/** Returns the row of everything but the layers, which have rows of their own. */
export function headRow({ layers: _, doubts: __, ...value }: LedgerState): Row {
  return { key: '', value };
}

/** Returns the state that the database holds. */
export function fromRows(rows: Row[]): LedgerState {
  const head = rows.find((row) => row.key === '')?.value as Omit<LedgerState, 'layers'>;
  const records = rows.filter((row) => row.key !== '').map((row) => row.value as LayerRecord);
  return { ...head, layers: new Map(records.map((record) => [record.layer, record])) };
}
