export { createTileCacheClient } from './client/client';
export { isTileCacheError, TileCacheError, type ErrorRecord, type TileCacheErrorCode } from './shared/errors';
export type { ClientOrders, ManifestChange, ManifestEntry, VersionManifest } from './shared/manifest';
export type { InvalidateResult, StorageUsage, WorkerStatus } from './shared/answers';
export type { MoveIn, MoveInFrom, MoveInProgress, MoveInRefusal, MoveInResult } from './shared/move-in';
export type { MoveInOptions } from './move-in/move-in';
export type { NetworkMode } from './shared/page-messages';
export type { Invalidation } from './shared/invalidation';
export type { TileStatus, TileUse, TileValidation } from './shared/tile-use';
export { providers, providerTerms, type ProviderTerms } from './shared/providers';
export type { RumBatch, RumTiles, RumVital } from './shared/rum-schema';
export type { Region, RegionEvents, RegionsApi } from './page/region-types';
export type { RegionBounds } from './shared/area';
export type {
  CoverageQuery,
  FailedTile,
  RegionEstimate,
  RegionInfo,
  RegionLayer,
  RegionSpec,
  RegionState,
  TileCoverage,
} from './shared/regions';
export type { Clause, LedgerClause } from './shared/clauses';
export type {
  AnswerKind,
  CacheMode,
  InspectOptions,
  InspectTile,
  InspectToken,
  LedgerFacts,
  OfflineToken,
  Reason,
  RuleFacts,
  NetworkFacts,
  StoredFacts,
  TileInspection,
} from './shared/inspect';
export type { InspectorAnswers, InspectorOverview } from './shared/inspect-commands';
export type { EntriesPage, EntriesQuery, StoredEntry, ZoomCounts } from './shared/inspect-entries';
export type { Trace, TraceEntry, TraceQuery, TraceStep } from './shared/inspect-trace';
export type { BBox, TileId, ZoomRange } from './shared/tile';
export { removeTileCache } from './removal/index';
export type { RemovalOptions, RemovedTileCache } from './removal/remove';
export type { RemovedStorage } from './shared/removal';
export type {
  ClientEvents,
  ClientState,
  ClientStatus,
  RumOptions,
  TileCacheClient,
  TileCacheClientOptions,
  VersionsOptions,
} from './page/types';
