export { BlockState, NbdErrno } from './codec/constants.js';
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
export { type EndpointAddress, type EndpointOptions, NbdEndpoint } from './server/endpoint.js';
export { secureContextOf, type TlsMaterial, upgradeToTls } from './server/tls.js';
