export type {
  AgentRole,
  DestinationOptions,
  HostOptions,
  RunningAgent,
  RunningDaemon,
  SourceOptions,
} from './config/agentOptions.js';
export { type DaemonSpec, defineDaemon, exitOnUsage } from './config/daemonCommand.js';
export { LOG_LEVEL, parsePositiveDuration } from './config/daemonOptions.js';
export { destinationCommand } from './config/destinationCommand.js';
export { hostCommand } from './config/hostCommand.js';
export { parseImageSpec } from './config/imageSpec.js';
export {
  asText,
  listOption,
  type OptionDefinition,
  oneOf,
  option,
  optionalOption,
  type Parser,
  requiredOption,
  switchOption,
  wholeNumber,
} from './config/option.js';
export { addOptions, OptionValues } from './config/optionValues.js';
export { endWithError } from './config/runDaemon.js';
export { sourceCommand } from './config/sourceCommand.js';
export { readTlsMaterial } from './config/tlsFiles.js';
export { requireTlsBeyondLoopback } from './config/tlsOptions.js';
export { readToken } from './config/token.js';
export { type HoldPoint, holdForTest } from './faults/hold.js';
export {
  answerTo,
  DESTINATION_HANDOVER,
  type DestinationEvent,
  type DestinationHandover,
  type DestinationPhase,
  type DestinationRole,
  type DestinationStep,
  destinationAfterRestart,
  destinationHandover,
  type OutcomeAnswer,
} from './handover/destinationHandover.js';
export {
  SOURCE_HANDOVER,
  SOURCE_OWNS,
  type SourceEvent,
  type SourceHandover,
  type SourcePhase,
  type SourceRole,
  sourceAfterRestart,
  sourceHandover,
} from './handover/sourceHandover.js';
export { type HookResult, runHook } from './hooks/runHook.js';
export { type Api, type ApiOptions, createApi } from './http/api.js';
export { ERROR_RESPONSES, ErrorSchema } from './http/errorReply.js';
export { registerImageRoutes } from './http/imageRoutes.js';
export { MAX_BYTES_PER_CALL } from './http/incomingBytes.js';
export { type Listening, listen, listenError } from './http/listen.js';
export { MigrationRequestSchema, toMigrationRequest } from './http/migrationRequest.js';
export { registerMigrationRoutes } from './http/migrationRoutes.js';
export { AllowedRoots } from './images/allowedRoots.js';
export { checkBlockBytes } from './images/blockBytes.js';
export { checkImageName } from './images/imageName.js';
export {
  type ByteStore,
  type ImageKind,
  ImageKindSchema,
  type ImageSpec,
  type ImageStore,
  type ImageView,
  ImageViewSchema,
} from './images/imageStore.js';
export { createLogger, type Logger } from './logging/logger.js';
export { AgentMetrics, createMetrics } from './metrics/agentMetrics.js';
export { WriteMetrics } from './metrics/writeMetrics.js';
export { type EventListener, EventLog, type LoggedEvent } from './migrations/eventLog.js';
export type { ForcedOwner, MigrationRequest, MigrationStore } from './migrations/migrationStore.js';
export {
  type Downtime,
  DowntimeSchema,
  type MigrationState,
  MigrationStateSchema,
  type MigrationView,
  MigrationViewSchema,
  type Progress,
  ProgressSchema,
  type RoundRecord,
  RoundRecordSchema,
  TERMINAL_STATES,
  type Verified,
  VerifiedSchema,
} from './migrations/migrationView.js';
export { NbdMetrics } from './nbd/nbdMetrics.js';
export { type NbdOptions, NbdService } from './nbd/nbdService.js';
export {
  type CopyRecord,
  checkTransition,
  makeFolder,
  type OwnerRecord,
  type OwnerRole,
  OwnershipStore,
  readRecords,
  replaceFile,
  syncFolderOf,
} from './ownership/index.js';
export { AgentTls } from './tls/agentTls.js';
export { type Address, formatAddress, isLoopback, parseAddress } from './units/address.js';
export { formatDuration, parseDuration, writeDuration } from './units/duration.js';
export { formatRate, parseRate } from './units/rate.js';
export { formatBytes, formatSize, parseSize } from './units/size.js';
export type { Arrival, DestinationWorkload, IncomingWorkloads } from './workload/destinationWorkload.js';
export type { DepartureContext, SourceWorkload, TravellingWorkload, WorkloadOf } from './workload/sourceWorkload.js';
