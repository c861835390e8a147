import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, replaceFile, syncFolderOf } from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { formatManifest, parseManifest, type VmManifest } from '@godwit/qemu';
import { type Static, Type, Value } from '@godwit/schema';

/**
 * running: its QEMU is here, and may have run. stopped: it is off, and its disks are here. arriving: it is on its way here, by a migration that
 * may come to nothing, and has never run here. left: it is at `location`.
 */
const PHASES = ['running', 'stopped', 'arriving', 'left'] as const;
export type VmPhase = (typeof PHASES)[number];

export interface VmRecord {
  readonly manifest: VmManifest;
  readonly phase: VmPhase;
  /** Of one that is arriving: whether it runs, or only its disks come. */
  readonly arrivesRunning?: boolean;
  /** Networks that this host calls by other names, old to new. */
  readonly mapNics?: Readonly<Record<string, string>>;
  /** Of one that has left: URL of its first image. */
  readonly location?: string;
}

const StoredSchema = Type.Object({
  format: Type.Literal(1),
  manifest: Type.String(),
  phase: Type.Enum([...PHASES]),
  arrivesRunning: Type.Optional(Type.Boolean()),
  mapNics: Type.Optional(Type.Record(Type.String(), Type.String())),
  location: Type.Optional(Type.String()),
});
type Stored = Static<typeof StoredSchema>;

const FILE = 'vm.json';

/**
 * The virtual machines that an agent knows: STATE/vms/NAME/vm.json, replaced atomically, and beside it what its processes need.
 * Who owns its images stands in the ownership records alone; this says what is to be done for them.
 */
export class VmRecords {
  readonly #folder: string;

  /** @throws GodwitError E_STATE_DIR */
  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'vms');
    try {
      mkdirSync(this.#folder, { mode: 0o700, recursive: true });
    } catch (error) {
      throw stateDirError(this.#folder, error);
    }
  }

  /** Where a machine's sockets, logs and mounts are. */
  folderOf(name: string): string {
    return join(this.#folder, name);
  }

  /** What earlier lives left; one that cannot be read is said in the log and left where it is. */
  all(logger: Logger): VmRecord[] {
    const records: VmRecord[] = [];
    for (const entry of readdirSync(this.#folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(this.#folder, entry.name, FILE);
      try {
        records.push(decode(path, readFileSync(path, 'utf8')));
      } catch (error) {
        logger.error({ path, reason: problemOf(error) }, 'a virtual machine of an earlier life is not known any more');
      }
    }
    return records;
  }

  /** On disk when it returns. @throws GodwitError E_STATE_DIR */
  write(record: VmRecord): void {
    const folder = this.folderOf(record.manifest.name);
    const path = join(folder, FILE);
    const stored: Stored = { ...record, format: 1, manifest: formatManifest(record.manifest) };
    try {
      mkdirSync(folder, { mode: 0o700, recursive: true });
      replaceFile(path, `${JSON.stringify(stored, null, 2)}\n`);
    } catch (error) {
      throw stateDirError(path, error);
    }
  }

  /** It is known no more. Its processes have ended. */
  remove(name: string): void {
    const folder = this.folderOf(name);
    try {
      rmSync(folder, { recursive: true, force: true });
      syncFolderOf(folder);
    } catch (error) {
      throw stateDirError(folder, error);
    }
  }
}

function decode(path: string, text: string): VmRecord {
  const stored: unknown = JSON.parse(text);
  if (!Value.Check(StoredSchema, stored))
    throw new GodwitError('E_STATE_CORRUPT', { path, problem: 'no record of a machine' });
  const { format: _, manifest, ...rest } = stored;
  return { ...rest, manifest: parseManifest(manifest) };
}

function stateDirError(path: string, cause: unknown): GodwitError {
  return new GodwitError('E_STATE_DIR', { path, problem: problemOf(cause) }, { cause });
}
