import { setTimeout as wait } from 'node:timers/promises';
import { problemOf } from '@godwit/errors';
import { type NbdAddress, NbdClient, NbdErrno, NbdError } from '@godwit/nbd';
import { QEMU_BOUNDS } from '../bounds.js';

/**
 * Writes to an NBD export, whatever becomes of its server: what fails is done again, on a new connection where the old one has ended, until it
 * is done or this process is. A guest's page is nowhere else. A flush alone that was answered with an error is not: the next one may
 * succeed and mean nothing, for the system has told its error, and calls the pages clean. So all that follow fail as well.
 */
export class ExportWriter {
  readonly #address: NbdAddress;
  readonly #exportName: string;
  readonly #say: (words: string) => void;
  #client: Promise<NbdClient>;
  #isTroubled = false;
  #lost: NbdError | undefined;

  private constructor(
    address: NbdAddress,
    exportName: string,
    say: (words: string) => void,
    client: Promise<NbdClient>,
  ) {
    this.#address = address;
    this.#exportName = exportName;
    this.#say = say;
    this.#client = client;
  }

  /**
   * @param say told when it begins to fail, and when it goes on
   * @throws GodwitError E_UNREACHABLE, E_NBD_REFUSED, of the first connection
   */
  static async connect(address: NbdAddress, exportName: string, say: (words: string) => void): Promise<ExportWriter> {
    const client = connected(address, exportName);
    await client;
    return new ExportWriter(address, exportName, say, client);
  }

  /** Of the export, in bytes. */
  async size(): Promise<number> {
    return (await this.#client).size;
  }

  /** `bytes` must not change until it resolves. */
  write(offset: number, bytes: Buffer): Promise<void> {
    return this.#untilDone((client) => client.write(offset, bytes));
  }

  /** @throws NbdError when it, or one before it, was answered so */
  async flush(): Promise<void> {
    this.#assertKept();
    await this.#untilDone(async (client) => {
      try {
        await client.flush();
      } catch (error) {
        if (!(error instanceof NbdError) || error.errno === NbdErrno.ESHUTDOWN) throw error;
        this.#lost = error;
      }
    });
    this.#assertKept();
  }

  #assertKept(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  async #untilDone(work: (client: NbdClient) => Promise<void>): Promise<void> {
    for (;;) {
      const client = this.#client;
      try {
        await work(await client);
        this.#told(false, 'it goes on');
        return;
      } catch (error) {
        this.#told(true, problemOf(error));
        await wait(QEMU_BOUNDS.ramRetryMs);
        await this.#reconnect(client);
      }
    }
  }

  /** Of all that failed with a connection, the first one makes the next. */
  async #reconnect(failed: Promise<NbdClient>): Promise<void> {
    if (this.#client !== failed) return;
    const ended = await failed.then(
      (client) => client.hasEnded,
      () => true,
    );
    if (!ended || this.#client !== failed) return;
    this.#client = connected(this.#address, this.#exportName);
    // Whoever waits for it is told; nobody may.
    this.#client.catch(() => undefined);
  }

  #told(isTroubled: boolean, words: string): void {
    if (isTroubled === this.#isTroubled) return;
    this.#isTroubled = isTroubled;
    this.#say(words);
  }
}

function connected(address: NbdAddress, exportName: string): Promise<NbdClient> {
  return NbdClient.connect(address, exportName, { timeoutMs: QEMU_BOUNDS.answerMs });
}
