export type { DescribedExport, ReachOptions } from './client/handshake.js';
export { type ConnectOptions, NbdClient } from './client/nbdClient.js';
export { listExports, type ProbedExport, probeExport } from './client/probe.js';
export { refusalOf } from './client/refusal.js';
export type { ClientTls } from './client/startClientTls.js';
export {
  formatNbdAddress,
  NBD_PORT,
  type NbdAddress,
  type NbdLocation,
  parseNbdAddress,
  parseNbdUri,
} from './client/uri.js';
export { BlockState, NbdErrno, OptionReply, TransmissionFlag } from './codec/constants.js';
export { NbdProtocolError } from './codec/protocolError.js';
export type {
  AnsweredRequest,
  BlockExtent,
  ChangeFlags,
  Export,
  ExportBytes,
  Exports,
  ListedExport,
  OpenExport,
  RequestOrigin,
} from './export.js';
export { NbdError } from './nbdError.js';
export { type ConnectionOptions, NbdConnection } from './server/connection.js';
export { type EndpointAddress, type EndpointOptions, NbdEndpoint } from './server/endpoint.js';
export type { ServerTls } from './server/handshake.js';
export type { Farewell } from './server/replies.js';
export { SharedRoom } from './server/sharedRoom.js';
export { secureContextOf, type TlsMaterial, upgradeToTls } from './server/tls.js';
