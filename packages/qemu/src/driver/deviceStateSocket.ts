import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A unix socket in a folder that only this user may enter: device state has what the guest's screen and registers hold. */
export async function withPrivateFolder<T>(use: (socketPath: string) => Promise<T>): Promise<T> {
  // mkdtemp makes it 0700, whatever the umask.
  const folder = await mkdtemp(join(tmpdir(), 'godwit-state-'));
  try {
    return await use(join(folder, 'state.sock'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What one peer sends until it ends, or until that is more than `limitBytes`: then the peer is cut off, and `isTooLong`. */
export class StateReceiver {
  readonly received: Promise<Buffer>;
  isTooLong = false;
  readonly #server: Server;
  #cutOff: () => void = () => undefined;

  private constructor(limitBytes: number) {
    let finish: (bytes: Buffer) => void = () => undefined;
    this.received = new Promise((resolve) => {
      finish = resolve;
    });
    this.#server = createServer((socket) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      this.#server.close();
      this.#cutOff = () => socket.destroy();
      socket.on('error', () => socket.destroy());
      socket.on('close', () => finish(Buffer.concat(parts)));
      socket.on('data', (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytes <= limitBytes) return;
        this.isTooLong = true;
        socket.destroy();
      });
    });
  }

  static async listen(path: string, limitBytes: number): Promise<StateReceiver> {
    const receiver = new StateReceiver(limitBytes);
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject);
      receiver.#server.listen(path, resolve);
    });
    return receiver;
  }

  /** Nothing more is taken. */
  close(): void {
    this.#server.close();
    this.#cutOff();
  }
}
