/** Client side: data of replies to options, taken apart ("Option reply types"). All throw NbdProtocolError for what does not fit. */
import type { ListedExport } from '../export.js';
import { Info } from './constants.js';
import { type ExportInfo, parseExportInfo } from './handshakeParser.js';
import type { AgreedContext } from './metaContexts.js';
import { NbdProtocolError } from './protocolError.js';
import { requireText } from './text.js';

/** One NBD_REP_INFO. */
export type InfoReply =
  | ({ readonly kind: 'export' } & ExportInfo)
  | { readonly kind: 'name' | 'description'; readonly text: string }
  /** Bytes. */
  | { readonly kind: 'block-size'; readonly minimum: number; readonly preferred: number; readonly maximum: number }
  /** To be ignored. */
  | { readonly kind: 'unknown'; readonly info: number };

/** Bit 31 marks the errors. */
export function isErrorReply(type: number): boolean {
  return type >= 0x80000000;
}

/** The text of an error reply; empty where the server gave none, or one that is no text. */
export function parseErrorText(data: Buffer): string {
  return data.toString('utf8');
}

/** NBD_REP_SERVER. */
export function parseServerReply(data: Buffer): ListedExport {
  requireBytes(data, data.length >= 4, 'NBD_REP_SERVER');
  const end = 4 + data.readUInt32BE(0);
  requireBytes(data, end <= data.length, 'NBD_REP_SERVER');
  const name = requireText(data.subarray(4, end), 'the name of an export');
  return { name, description: requireText(data.subarray(end), 'the description of an export') };
}

/** NBD_REP_META_CONTEXT. */
export function parseMetaContextReply(data: Buffer): AgreedContext {
  requireBytes(data, data.length >= 4, 'NBD_REP_META_CONTEXT');
  return { id: data.readUInt32BE(0), name: requireText(data.subarray(4), 'the name of a context') };
}

/** NBD_REP_INFO. */
export function parseInfoReply(data: Buffer): InfoReply {
  requireBytes(data, data.length >= 2, 'NBD_REP_INFO');
  const info = data.readUInt16BE(0);
  switch (info) {
    case Info.export:
      requireBytes(data, data.length === 12, 'NBD_INFO_EXPORT');
      return { kind: 'export', ...parseExportInfo(data, 2) };
    case Info.name:
      return { kind: 'name', text: requireText(data.subarray(2), 'the name of the export') };
    case Info.description:
      return { kind: 'description', text: requireText(data.subarray(2), 'the description of the export') };
    case Info.blockSize:
      requireBytes(data, data.length === 14, 'NBD_INFO_BLOCK_SIZE');
      return {
        kind: 'block-size',
        minimum: data.readUInt32BE(2),
        preferred: data.readUInt32BE(6),
        maximum: data.readUInt32BE(10),
      };
    default:
      return { kind: 'unknown', info };
  }
}

function requireBytes(data: Buffer, fits: boolean, what: string): void {
  if (!fits) throw new NbdProtocolError(`${what} of ${data.length} bytes does not hold what it should`);
}
