import { createServer, type Server, type Socket } from 'node:net';

const GREETING = {
  QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 }, package: 'Debian 1:7.2' }, capabilities: ['oob'] },
};

export interface MonitorCommand {
  readonly execute: string;
  readonly arguments: unknown;
  readonly id: number;
}

export interface FakeMonitorOptions {
  readonly path: string;
  /** What it says first; the greeting of QEMU 7.2 unless given. */
  readonly first?: string;
  /** What comes over the wire at a time. */
  readonly partBytes?: number;
}

type Answer = (command: MonitorCommand, say: (message: unknown) => void) => void;

/** The monitor of a QEMU that does what the test says. */
export class FakeMonitor {
  readonly commands: MonitorCommand[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #partBytes: number;

  private constructor(options: FakeMonitorOptions, answer: Answer) {
    this.#partBytes = options.partBytes ?? Number.POSITIVE_INFINITY;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      this.#send(socket, `${options.first ?? JSON.stringify(GREETING)}\r\n`);
      let rest = '';
      socket.on('data', (part: Buffer) => {
        const lines = (rest + part.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(socket, JSON.parse(line), answer);
      });
    });
  }

  static async listen(options: FakeMonitorOptions, answer: Answer = () => undefined): Promise<FakeMonitor> {
    const monitor = new FakeMonitor(options, answer);
    await new Promise<void>((resolve) => monitor.#server.listen(options.path, resolve));
    return monitor;
  }

  /** To every client. */
  say(message: unknown): void {
    for (const socket of this.#sockets) this.#send(socket, `${JSON.stringify(message)}\r\n`);
  }

  sayText(text: string): void {
    for (const socket of this.#sockets) this.#send(socket, text);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket, command: MonitorCommand, answer: Answer): void {
    this.commands.push(command);
    const say = (message: unknown) => this.#send(socket, `${JSON.stringify(message)}\r\n`);
    if (command.execute === 'qmp_capabilities') say({ return: {}, id: command.id });
    else answer(command, say);
  }

  #send(socket: Socket, text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += this.#partBytes) {
      socket.write(bytes.subarray(at, Math.min(bytes.length, at + this.#partBytes)));
    }
  }
}
