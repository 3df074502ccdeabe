import { name, number, oneOf, record } from './rum-fields';
import { RUM_LIMITS, type RumView, type ViewMetricName } from './rum-schema';

const NAMES: readonly ViewMetricName[] = ['full-view', 'blank', 'view-age', 'swap'];
const CAUSES = ['load', 'move', 'change'] as const;

/** Checks one entry of a beacon's `views`. Throws `INVALID_BEACON`. */
export function parseView(value: unknown, index: number): RumView {
  const at = `views[${index}]`;
  const view = record(value, at);
  return {
    name: oneOf(NAMES, view.name, `${at}.name`),
    layer: name(view.layer, `${at}.layer`),
    value: number(view.value, `${at}.value`, RUM_LIMITS.age),
    ...(view.cause !== undefined && { cause: oneOf(CAUSES, view.cause, `${at}.cause`) }),
  };
}
