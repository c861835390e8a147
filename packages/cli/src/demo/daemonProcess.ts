import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GodwitError } from '@godwit/errors';

const BIN = fileURLToPath(new URL('../bin.js', import.meta.url));
const READY_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 5000;

/** A daemon in a process of its own, its log in a file. */
export class DaemonProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #logPath: string;
  readonly #closed: Promise<void>;

  /** Starts `godwit NAME WORDS` without any GODWIT_* of the person's own. */
  constructor(name: string, words: readonly string[], logPath: string) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('GODWIT_')));
    const log = openSync(logPath, 'w');
    this.#name = name;
    this.#logPath = logPath;
    this.#child = spawn(process.execPath, [BIN, name, ...words], { env, stdio: ['ignore', log, log] });
    this.#closed = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
  }

  /** Waits until `/readyz` says so. Throws with the end of the log when the daemon ends or is not ready in time. */
  async ready(apiUrl: string, stop: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    while (performance.now() - startedMs < READY_TIMEOUT_MS && this.#child.exitCode === null) {
      stop.throwIfAborted();
      const answer = await fetch(`${apiUrl}/readyz`).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.ok === true) return;
      await wait(50);
    }
    throw new GodwitError('E_INTERNAL', {
      problem: `godwit ${this.#name} did not get ready: ${await this.lastWords()}`,
    });
  }

  /** The last lines of its log. */
  async lastWords(): Promise<string> {
    const text = await readFile(this.#logPath, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-3).join(' | ');
  }

  /** Asks it to end, and makes it end when it takes too long. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  /** For the last moment before the process leaves. */
  killNow(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Below the range that Linux gives to outgoing connections (from 32768): none of those can take a port meanwhile. */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;

/** Ports of 127.0.0.1 that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
