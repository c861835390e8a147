import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { type Static, Type, Value } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';

const RecordSchema = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  startTicks: Type.String(),
  bootId: Type.String(),
  program: Type.String(),
  args: Type.Array(Type.String()),
  /** Where it answers. */
  socket: Type.String(),
});

/** What is kept of a process, so that an agent that is started again finds it. */
export type ProcessRecord = Readonly<Static<typeof RecordSchema>>;

export function recordPath(folder: string, name: string): string {
  return join(folder, `${name}.process.json`);
}

/** There is the whole record afterwards, or the one before. */
export async function writeRecord(folder: string, name: string, record: ProcessRecord): Promise<void> {
  const path = recordPath(folder, name);
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/**
 * Undefined when there is none.
 *
 * @throws GodwitError E_STATE_CORRUPT
 */
export async function readRecord(folder: string, name: string): Promise<ProcessRecord | undefined> {
  const path = recordPath(folder, name);
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > QEMU_BOUNDS.recordBytes) throw new Error('it is too long');
    const value: unknown = JSON.parse(text);
    if (!Value.Check(RecordSchema, value)) throw new Error('it has another form');
    return value;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: problemOf(error) }, { cause: error });
  }
}

export async function removeRecord(folder: string, name: string): Promise<void> {
  await rm(recordPath(folder, name), { force: true });
}
