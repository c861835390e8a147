import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { OwnerRecord } from './records.js';

const FORMAT = 1;

const RecordSchema = Type.Object({
  name: Type.String(),
  path: Type.String(),
  role: Type.Enum(['owner', 'sealed', 'released', 'incoming', 'prepared', 'aborted']),
  epoch: Type.Integer({ minimum: 0 }),
  kind: Type.Enum(['disk', 'memory']),
  blockBytes: Type.Integer({ minimum: 1 }),
  migration: Type.String(),
  location: Type.String(),
  peer: Type.String(),
});
const FileSchema = Type.Object({
  format: Type.Literal(FORMAT),
  sha256: Type.String(),
  records: Type.Array(RecordSchema),
});

/** Replaces the file atomically: write, fsync, rename, fsync of the folder. Resolves when it is on disk. */
export async function writeRecords(path: string, records: readonly OwnerRecord[]): Promise<void> {
  const content: Static<typeof FileSchema> = { format: FORMAT, sha256: digest(records), records: [...records] };
  const scratch = `${path}.new`;
  const file = await open(scratch, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(scratch, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Reads the file; none: no records. E_STATE_CORRUPT when it is not what was written. */
export async function readRecords(path: string): Promise<OwnerRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw new GodwitError('E_STATE_DIR', { path, problem: problemOf(error) }, { cause: error });
  }
  const content = parse(path, text);
  if (!Value.Check(FileSchema, content)) throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'unknown form' });
  if (content.sha256 !== digest(content.records)) {
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'checksum differs' });
  }
  return content.records;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'no JSON' }, { cause: error });
  }
}

function digest(records: readonly OwnerRecord[]): string {
  return createHash('sha256').update(JSON.stringify(records)).digest('hex');
}
