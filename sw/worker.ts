import { createTileCache } from './tile-cache';

/** The ready-made worker: every `/tiles/{layer}/…` by its headers; updates itself on screens that nobody reloads. */
createTileCache().register({ skipWaiting: true, claim: true });
