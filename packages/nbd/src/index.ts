export type {
  AnsweredRequest,
  BlockExtent,
  ChangeFlags,
  Export,
  ExportBytes,
  Exports,
  OpenExport,
  RequestOrigin,
} from './export.js';
export { NbdError } from './nbdError.js';
export { secureContextOf, type TlsMaterial, upgradeToTls } from './server/tls.js';
