import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const FORMAT = 1;

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
});
const OutcomeSchema = Type.Object({ migration: Type.String(), outcome: Type.Enum(['owner', 'aborted']) });
const ContentSchema = Type.Object({
  /** Random, made with the file: tells agents apart whose images bear the same name. */
  identity: Type.String(),
  records: Type.Array(RecordSchema),
  /** How migrations ended here, newest last: asked for long after their images have moved on. */
  outcomes: Type.Array(OutcomeSchema),
});
const FileSchema = Type.Object({ format: Type.Literal(FORMAT), sha256: Type.String(), content: ContentSchema });

/** All that an agent keeps of ownership. */
export type OwnershipContent = Static<typeof ContentSchema>;

/**
 * Replaces the file atomically: write, fsync, rename, fsync of the folder. On disk when it returns.
 * Synchronous: it happens in the pause, where seven trips through the thread pool of a busy process
 * took 3 ms and the calls themselves take 0.4 (measured on ext4).
 */
export function writeRecords(path: string, content: OwnershipContent): void {
  const document: Static<typeof FileSchema> = { format: FORMAT, sha256: digest(content), content };
  const scratch = `${path}.new`;
  const file = openSync(scratch, 'w', 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(scratch, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Reads the file; undefined when there is none. E_STATE_CORRUPT when it is not what was written. */
export async function readRecords(path: string): Promise<OwnershipContent | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw new GodwitError('E_STATE_DIR', { path, problem: problemOf(error) }, { cause: error });
  }
  const document = parse(path, text);
  if (!Value.Check(FileSchema, document)) throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'unknown form' });
  if (document.sha256 !== digest(document.content)) {
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'checksum differs' });
  }
  return document.content;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'no JSON' }, { cause: error });
  }
}

function digest(content: OwnershipContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
