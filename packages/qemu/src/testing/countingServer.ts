import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';

/** nbdkit with an image, which writes down each request. */
export class CountingServer {
  readonly socket: string;
  readonly image: string;
  readonly #log: string;
  readonly #kill: () => Promise<void>;

  private constructor(socket: string, image: string, log: string, kill: () => Promise<void>) {
    this.socket = socket;
    this.image = image;
    this.#log = log;
    this.#kill = kill;
  }

  static async start(folder: string, name: string, sizeBytes: number): Promise<CountingServer> {
    const at = (end: string) => join(folder, `${name}.${end}`);
    const [socket, image, log] = [at('sock'), at('img'), at('log')];
    rmSync(socket, { force: true });
    writeFileSync(image, '');
    truncateSync(image, sizeBytes);
    const args = ['-f', '-U', socket, '--filter=log', 'file', image, `logfile=${log}`];
    const server = spawn('nbdkit', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const exited = once(server, 'exit');
    const kill = async () => {
      server.kill('SIGKILL');
      await exited;
    };
    onTestFinished(kill);
    await vi.waitFor(() => expect(existsSync(socket)).toBe(true), 10_000);
    return new CountingServer(socket, image, log, kill);
  }

  kill(): Promise<void> {
    return this.#kill();
  }

  /** What the image holds now. */
  async copy(): Promise<Buffer> {
    const uri = `nbd+unix:///?socket=${this.socket}`;
    const client = spawn('nbdcopy', [uri, '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pieces: Buffer[] = [];
    for await (const piece of client.stdout) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** How many there were of them so far. */
  count(request: 'Read' | 'Write' | 'Flush'): number {
    return readFileSync(this.#log, 'latin1').split(` ${request} id=`).length - 1;
  }
}
