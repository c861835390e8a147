import { once } from 'node:events';
import net from 'node:net';
import { GodwitError } from '@godwit/errors';
import {
  type BlockExtent,
  type ChangeFlags,
  type Export,
  type ExportBytes,
  type NbdAddress,
  NbdConnection,
} from '@godwit/nbd';
import { HeldCall } from './heldCall.js';

/** What an owner says to who asks for its export. */
type Attitude = 'serves' | 'absent' | 'moved' | 'to come';

/** An NBD server over memory that answers when, and as, a test says. */
export class FakeOwner {
  readonly bytes: Buffer;
  /** Every request carried out or held, as `write 4096+512`, in the order of arrival. */
  readonly log: string[] = [];
  /** Requests that wait for the test while `holding`. */
  readonly held: HeldCall[] = [];
  attitude: Attitude = 'serves';
  holding = false;
  multiConnection = true;
  contexts: readonly string[] = ['base:allocation'];
  /** How often somebody has asked for the export. */
  asked = 0;
  /** Clients that were told nothing yet, for they would rather wait. */
  readonly patient: ((found: Export | undefined) => void)[] = [];
  /** Connections that have the export. */
  opened = 0;
  readonly #server: net.Server;
  readonly path: string;
  readonly #sockets = new Set<net.Socket>();
  #changed: () => void = () => undefined;

  private constructor(path: string, size: number) {
    this.path = path;
    this.bytes = Buffer.alloc(size);
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  static async listen(path: string, size: number): Promise<FakeOwner> {
    const owner = new FakeOwner(path, size);
    await owner.listenAgain();
    return owner;
  }

  get address(): NbdAddress {
    return { path: this.path };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listenAgain(): Promise<void> {
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
  }

  /** As when its process is killed. */
  async die(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cutOff();
    await closed;
  }

  /** All connections are lost; new ones are taken. */
  cutOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.die();
  }

  /** Resolves when `holds` is true, which is looked at whenever something happened here. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  #serve(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#changed();
    });
    NbdConnection.wrap(socket, {
      exports: {
        list: () => [{ name: 'vm0', description: '' }],
        find: (name, isPatient) => this.#find(name, isPatient === true),
      },
      tls: { mode: 'off' },
      handshakeTimeoutMs: 5_000,
      onEnd: () => undefined,
    });
  }

  /** Takes over: those who wait are told. */
  takeOver(): void {
    this.attitude = 'serves';
    for (const tell of this.patient.splice(0)) tell(this.#export());
  }

  #find(name: string, isPatient: boolean): Export | undefined | Promise<Export | undefined> {
    this.asked += 1;
    const waiting =
      isPatient && this.attitude === 'to come'
        ? new Promise<Export | undefined>((resolve) => this.patient.push(resolve))
        : undefined;
    this.#changed();
    if (waiting !== undefined) return waiting;
    if (this.attitude === 'absent' || this.attitude === 'to come' || (name !== 'vm0' && name !== '')) return undefined;
    if (this.attitude === 'moved') throw new GodwitError('E_MOVED', { name, location: 'elsewhere' });
    return this.#export();
  }

  #export(): Export {
    const { size } = this;
    return {
      name: 'vm0',
      description: 'a fake',
      size,
      readOnly: false,
      multiConnection: this.multiConnection,
      contexts: this.contexts,
      open: () => {
        this.opened += 1;
        this.#changed();
        return { bytes: this.#exportBytes(), withdrawn: new Promise(() => undefined), close: () => undefined };
      },
    };
  }

  get size(): number {
    return this.bytes.length;
  }

  #exportBytes(): ExportBytes {
    return {
      size: this.size,
      read: (offset, target) =>
        this.#carryOut(`read ${offset}+${target.length}`, () =>
          target.set(this.bytes.subarray(offset, offset + target.length)),
        ),
      write: (offset, data, flags) => {
        const copy = Uint8Array.from(data);
        return this.#carryOut(`write ${offset}+${data.length}${shown(flags)}`, () => this.bytes.set(copy, offset));
      },
      writeZeroes: (offset, length, flags) =>
        this.#carryOut(`zero ${offset}+${length}${shown(flags)}`, () => this.bytes.fill(0, offset, offset + length)),
      trim: (offset, length, flags) => this.#carryOut(`trim ${offset}+${length}${shown(flags)}`, () => undefined),
      flush: () => this.#carryOut('flush', () => undefined),
      cache: (offset, length) => this.#carryOut(`cache ${offset}+${length}`, () => undefined),
      blockStatus: async (context, offset, length) => {
        let extents: BlockExtent[] = [];
        await this.#carryOut(`status ${context} ${offset}+${length}`, () => {
          extents = [{ length, flags: 3 }];
        });
        return extents;
      },
    };
  }

  #carryOut(what: string, effect: () => void): Promise<void> | undefined {
    this.log.push(what);
    const call = new HeldCall(what, effect);
    if (this.holding) this.held.push(call);
    else call.succeed();
    this.#changed();
    return call.answer;
  }
}

function shown(flags: ChangeFlags): string {
  return `${flags.fua ? ' fua' : ''}${flags.noHole ? ' no-hole' : ''}${flags.fastZero ? ' fast' : ''}`;
}
