import { join } from 'node:path';
import { type Logger, NbdService } from '@godwit/agent';
import type { LiveImage } from '@godwit/image';

/**
 * The images of machines, for their own QEMU and for nobody else: a unix socket in the state directory. What it serves is
 * also read while it is prepared and not owned yet, by a QEMU that stands still. An agent that ends leaves without a word: a
 * client that is told ESHUTDOWN hands that on, and a page of the guest would be lost; one that is cut off comes back, and asks again.
 */
export class GuestExports {
  readonly socketPath: string;
  readonly #service: NbdService;
  readonly #added = new Map<string, LiveImage>();

  constructor(stateDir: string, logger: Logger) {
    this.socketPath = join(stateDir, 'vms', 'nbd.sock');
    const options = { unixPath: this.socketPath, wait: false, farewell: 'disconnect', tls: { mode: 'off' } } as const;
    this.#service = new NbdService({ ...options, seesPrepared: true }, logger);
  }

  /** @throws GodwitError E_SOCKET_PATH */
  listen(): Promise<void> {
    return this.#service.listen();
  }

  /** The agent is up. */
  keepThreads(): void {
    this.#service.keepThreads();
  }

  /** In the place of what was shown by its name; those that use this very image stay connected. */
  async add(image: LiveImage): Promise<void> {
    if (this.#added.get(image.name) === image) return;
    await this.withdraw(image.name);
    this.#added.set(image.name, image);
    this.#service.add(image);
  }

  /** Resolves when no QEMU uses it any more. */
  async withdraw(name: string): Promise<void> {
    if (this.#added.delete(name)) await this.#service.withdraw(name);
  }

  close(): Promise<void> {
    return this.#service.close();
  }
}
