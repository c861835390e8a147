import { createHash } from 'node:crypto';
import { GodwitError } from '@godwit/errors';
import { type Static, type TSchema, Type, Value } from '@godwit/schema';
import { newestRecord } from './recordSlots.js';

const RecordSchema = Type.Object({
  name: Type.String(),
  path: Type.String(),
  role: Type.Enum(['owner', 'sealed', 'released', 'incoming', 'prepared', 'aborted']),
  epoch: Type.Integer({ minimum: 0 }),
  fence: Type.Integer({ minimum: 0 }),
  kind: Type.Enum(['disk', 'memory']),
  blockBytes: Type.Integer({ minimum: 1 }),
  migration: Type.String(),
  location: Type.String(),
  peer: Type.String(),
  file: Type.String(),
  offeredBy: Type.String(),
  forcedAt: Type.Optional(Type.String()),
  keepsFile: Type.Optional(Type.Literal(true)),
  copy: Type.Optional(
    Type.Object({
      id: Type.String(),
      file: Type.String(),
      sizeBytes: Type.Integer({ minimum: 0 }),
      boot: Type.String(),
      patienceMs: Type.Integer({ minimum: 0 }),
    }),
  ),
});
const OutcomeSchema = Type.Object({ migration: Type.String(), outcome: Type.Enum(['owner', 'aborted']) });
const ContentSchema = Type.Object({
  /** Random, made with the file: tells agents apart whose images bear the same name. */
  identity: Type.String(),
  records: Type.Array(RecordSchema),
  /** How migrations ended here, newest last: asked for long after their images have moved on. */
  outcomes: Type.Array(OutcomeSchema),
});
/** The form before there were slots: one JSON document, replaced as a whole. Read, never written. */
const DocumentSchema = Type.Object({ format: Type.Literal(1), sha256: Type.String(), content: ContentSchema });

/** All that an agent keeps of ownership. */
export type OwnershipContent = Static<typeof ContentSchema>;

/** As a record's payload: JSON in one line, for whoever looks into the file. */
export function encodeContent(content: OwnershipContent): Buffer {
  return Buffer.from(JSON.stringify(content));
}

/** What a record file says, of this form or the one before; E_STATE_CORRUPT when it is not what was written. */
export function decodeFile(path: string, file: Buffer): OwnershipContent {
  const newest = newestRecord(file);
  if (typeof newest !== 'string') return parse(path, newest.payload, ContentSchema);
  // Every document began with a brace; so may a torn slot, whose other one is whole.
  if (file[0] === 0x7b) return decodeDocument(path, file);
  throw new GodwitError('E_STATE_CORRUPT', { path, problem: newest });
}

function decodeDocument(path: string, file: Buffer): OwnershipContent {
  const { sha256, content } = parse(path, file, DocumentSchema);
  if (sha256 === createHash('sha256').update(JSON.stringify(content)).digest('hex')) return content;
  throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'checksum differs' });
}

function parse<S extends TSchema>(path: string, text: Buffer, schema: S): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (error) {
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'no JSON' }, { cause: error });
  }
  if (!Value.Check(schema, value)) throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'unknown form' });
  return value;
}
