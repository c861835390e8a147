export {
  fromSerialized,
  GodwitError,
  problemOf,
  type SerializedError,
  systemCodeOf,
  toGodwitError,
} from './godwitError.js';
export { ERROR_TABLE, type ErrorCode, type ErrorRow, isErrorCode } from './table.js';
