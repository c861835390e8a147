import type { MigrationRequest, TravellingWorkload } from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { type Finding, finding, findingLines, readCpuFlags, type VmManifest } from '@godwit/qemu';
import type { Machine } from './machine.js';
import { MEMORY_ENDED } from './movable.js';
import { imageNamesOf, movingImages } from './names.js';
import { StorageProof } from './sharedStorage.js';
import { parseFindings } from './surveyHere.js';
import { DRIVER, formatSurvey } from './travelDocument.js';
import type { VmImages } from './vmImages.js';
import type { VmService } from './vmService.js';

/** Of the sending side, what moving a machine needs. */
export interface Sender {
  start(request: MigrationRequest): Promise<{ id: string }>;
  survey(destination: string, workload: TravellingWorkload): Promise<string>;
}

/** Where a machine is to go, and how. */
export interface VmMove {
  readonly destination: string;
  /** shared: disks stay where they are, on storage that both hosts have. */
  readonly storage: 'copy' | 'shared';
  /** Bridges, tap devices and forwarded ports that the destination calls otherwise, old to new. */
  readonly mapNics: Readonly<Record<string, string>>;
}

/** How a migration of a machine is to be; images and mode follow from the machine. */
export type VmMoveRequest = Omit<MigrationRequest, 'images' | 'mode' | 'destination'>;

/** Moves machines: what stands against it first, before the first byte. */
export class VmMoves {
  readonly #vms: VmService;
  readonly #images: VmImages;
  readonly #sender: Sender;

  constructor(vms: VmService, images: VmImages, sender: Sender) {
    this.#vms = vms;
    this.#images = images;
    this.#sender = sender;
  }

  /** What stands against a move, as both hosts see it; errors first. @throws GodwitError where the destination cannot be asked */
  async check(name: string, { destination, storage, mapNics }: VmMove): Promise<Finding[]> {
    const machine = this.#movable(name, storage);
    const { record, guest } = machine;
    const { manifest, phase } = record;
    const running = phase === 'running';
    const proof = beginProof(name, manifest);
    try {
      const document = formatSurvey({
        travel: { manifest, running, mapNics },
        ...(guest === undefined ? {} : { qemuVersion: guest.version }),
        cpuFlags: await readCpuFlags(),
        diskBytes: this.#diskBytes(manifest),
        markers: [...proof.markers],
      });
      const there = parseFindings(await this.#sender.survey(destination, { workload: DRIVER, document }));
      return [...memoryFindings(machine), ...there, ...proof.findings()].sort(
        (one, other) => weight(one) - weight(other),
      );
    } finally {
      proof.end();
    }
  }

  /** Starts the move. @throws GodwitError E_VM_FINDINGS where something stands against it; the table of it is the detail */
  async migrate(
    name: string,
    move: VmMove,
    request: VmMoveRequest,
    { forceWarnings }: { forceWarnings: boolean },
  ): Promise<{ id: string; findings: Finding[] }> {
    const findings = await this.check(name, move);
    const against = findings.filter(
      ({ severity }) => severity === 'error' || (severity === 'warning' && !forceWarnings),
    );
    if (against.length > 0) {
      const detail = findingLines(against).join('\n');
      throw new GodwitError('E_VM_FINDINGS', { name, count: against.length }, { detail });
    }
    const { manifest, phase } = this.#movable(name, move.storage).record;
    const running = phase === 'running';
    const images = movingImages(manifest, running);
    if (images.length === 0) {
      throw new GodwitError('E_VM', {
        name,
        problem: 'it is off and has no disk of its own: there is nothing to move',
      });
    }
    this.#vms.departs(name, move.mapNics);
    const mode = running ? ('live' as const) : ('cold' as const);
    const { id } = await this.#sender.start({ ...request, images, mode, destination: move.destination });
    return { id, findings };
  }

  #diskBytes(manifest: VmManifest): Record<string, number> {
    const disks = [...imageNamesOf(manifest).disks];
    return Object.fromEntries(disks.map(([disk, image]) => [disk, this.#images.live(image).file.allocatedBytes()]));
  }

  #movable(name: string, storage: VmMove['storage']): Machine {
    const machine = this.#vms.machine(name);
    const { phase, manifest } = machine.record;
    if (phase !== 'running' && phase !== 'stopped') {
      throw new GodwitError('E_VM', { name, problem: `it is not here to be moved; it is ${phase}` });
    }
    const own = manifest.disks.find(({ shared }) => shared !== true);
    if (storage === 'shared' && own !== undefined) {
      const problem = `disk "${own.name}" is not marked as shared in its manifest, and would be copied`;
      throw new GodwitError('E_VM', { name, problem });
    }
    return machine;
  }
}

function beginProof(name: string, manifest: Machine['record']['manifest']): StorageProof {
  try {
    return StorageProof.begin(manifest);
  } catch (error) {
    const problem = `no marker can be written beside a shared disk: ${problemOf(error)}`;
    throw new GodwitError('E_VM', { name, problem }, { cause: error });
  }
}

function memoryFindings({ record, guest }: Machine): Finding[] {
  if (guest?.isThere !== true || guest.hasMemory) return [];
  const what = `the memory of "${record.manifest.name}" is not served any more`;
  const mend = `power it off from inside, and \`godwit vm start ${record.manifest.name}\``;
  return [finding('error', 'memory-not-served', what, MEMORY_ENDED, mend)];
}

const ORDER: readonly Finding['severity'][] = ['error', 'warning', 'note'];

function weight({ severity }: Finding): number {
  return ORDER.indexOf(severity);
}
