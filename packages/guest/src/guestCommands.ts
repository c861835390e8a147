import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { GodwitError } from '@godwit/errors';

/** The guest's own view (init/servers.c). Verdicts are `ok`, or `BAD` and what was found first. */
export interface GuestStatus {
  readonly bootId: string;
  readonly uptimeMs: number;
  readonly ticks: number;
  /** Of the counter, by the guest's monotonic clock. */
  readonly maxGapMs: number;
  readonly oraclePasses: number;
  readonly oraclePage: number;
  readonly oracle: string;
  readonly diskReplayed: number;
  readonly diskSeq: number;
  readonly disk: string;
  readonly busyWrites: number;
  readonly busyBytes: number;
  readonly busy: string;
}

const FIELDS: Readonly<Record<keyof GuestStatus, 'string' | 'number'>> = {
  bootId: 'string',
  uptimeMs: 'number',
  ticks: 'number',
  maxGapMs: 'number',
  oraclePasses: 'number',
  oraclePage: 'number',
  oracle: 'string',
  diskReplayed: 'number',
  diskSeq: 'number',
  disk: 'string',
  busyWrites: 'number',
  busyBytes: 'number',
  busy: 'string',
};
const PATIENCE_MS = 30_000;

/** Asks the command server for its status. */
export async function guestStatus(port: number): Promise<GuestStatus> {
  const answer = await commandGuest(port, 'status');
  const status: unknown = JSON.parse(answer);
  if (isStatus(status)) return status;
  throw new GodwitError('E_INTERNAL', { problem: `the guest's status is none: ${answer}` });
}

/** The oracle's pause after each page from now on. */
export async function setOraclePause(port: number, micros: number): Promise<void> {
  await commandGuest(port, `pause ${micros}`);
}

/** Spoils a page of the oracle's memory behind the oracle's back. */
export async function damageOracle(port: number, page: number): Promise<void> {
  await commandGuest(port, `damage ${page}`);
}

/** Switches the machine off; its process has not ended yet when this resolves. */
export async function powerOffGuest(port: number): Promise<void> {
  // The machine takes the connection with it, in whatever way.
  await commandGuest(port, 'poweroff').catch(() => '');
}

/** One line there, one line back. */
function commandGuest(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\n`));
    let answer = '';
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(noAnswer(line)));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    const lines = createInterface({ input: socket });
    lines.once('line', (text) => {
      answer = text;
      socket.destroy();
    });
    // It says again what its input has said.
    lines.on('error', () => undefined);
  });
}

function noAnswer(line: string): GodwitError {
  return new GodwitError('E_INTERNAL', { problem: `the guest has no answer to ${line}` });
}

function isStatus(value: unknown): value is GuestStatus {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(FIELDS).every(([name, kind]) => typeof fields.get(name) === kind);
}
