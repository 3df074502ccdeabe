export { mapVitals } from './vitals/map-vitals';
export type {
  BlankMetric,
  FullViewMetric,
  MapVitals,
  MapVitalsOptions,
  SwapMetric,
  ViewAgeMetric,
  ViewCause,
} from './vitals/types';
