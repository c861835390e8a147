import type { IncomingWorkloads, Logger, MigrationStore, OwnershipStore } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { Migrations, SourceImages } from '@godwit/source-agent';
import { GuestExports, VmImages, VmMoves, VmRecords, VmService } from '@godwit/vm';

export interface VmsParts {
  readonly dir: string;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly ownership: OwnershipStore;
  /** For images that come without a machine. */
  readonly plain: IncomingWorkloads;
  readonly images: SourceImages;
}

/** The virtual machines of an agent with both roles: the parts of them, put together. */
export class Vms {
  readonly service: VmService;
  readonly #images: VmImages;
  readonly #exports: GuestExports;

  /** @throws GodwitError E_STATE_DIR */
  constructor({ dir, stateDir, logger, ownership, plain, images }: VmsParts) {
    const records = new VmRecords(stateDir);
    this.#exports = new GuestExports(stateDir, logger);
    this.#images = new VmImages(images, ownership, dir);
    this.service = new VmService({ dir, records, images: this.#images, exports: this.#exports, plain, logger });
  }

  /** Once the images of the start are open: machines of an earlier life find their images again. */
  async begin(): Promise<void> {
    await this.#exports.listen();
    await this.service.recover();
  }

  /** The agent is up: threads are made ready for guests. */
  keepThreads(): void {
    this.#exports.keepThreads();
  }

  moves(migrations: MigrationStore, sending: Migrations): VmMoves {
    const start = migrations.start?.bind(migrations);
    if (start === undefined) throw new GodwitError('E_INTERNAL', { problem: 'nothing can be sent from here' });
    return new VmMoves(this.service, this.#images, { start, survey: (...asked) => sending.survey(...asked) });
  }

  /** The machines go on without the agent; the next one finds them. */
  close(): Promise<void> {
    return this.service.close();
  }
}
