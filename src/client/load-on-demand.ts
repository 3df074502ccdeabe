import { loaded } from './loaded';

/** Loads the code that every page needs, but not before its map. */
export const onDemand = () => loaded(import('./on-demand'));
