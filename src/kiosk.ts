export { keepMapAlive } from './kiosk/keep-map-alive';
export type { Remedy, Symptom } from './kiosk/ladder';
export type { KeepAlive, KeepAliveEvents, KeepAliveOptions, KioskBinding, KioskClient } from './kiosk/types';
