import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from './jsonGuards.js';
import { DISK } from './pair.js';
import type { RunningDaemon } from './runningDaemon.js';

const HEADER = /^godwit-ownership sequence=\d+/;

/** The role of an image in the record file of an agent, read as the README tells operators to; undefined: no record of it. */
export function recordedRole({ plan }: RunningDaemon, name = DISK): string | undefined {
  const stateDir = plan.args[plan.args.indexOf('--state-dir') + 1] ?? '';
  const lines = readFileSync(join(stateDir, 'ownership.json'), 'utf8').replaceAll('\0', '').split('\n');
  const [newest] = lines
    .flatMap((header, index) => (HEADER.test(header) ? [{ header, json: lines[index + 1] ?? '' }] : []))
    .sort((one, other) => (one.header < other.header ? 1 : -1));
  if (newest === undefined) throw new Error('the record file holds no record');
  const { records } = contentOf(newest.json);
  return records.find((record) => record.name === name)?.role;
}

interface Recorded {
  readonly name: string;
  readonly role: string;
}

function contentOf(json: string): { readonly records: readonly Recorded[] } {
  const value = parseJson(json);
  if (isContent(value)) return value;
  throw new Error(`no ownership record: ${json}`);
}

function isContent(value: unknown): value is { readonly records: readonly Recorded[] } {
  return typeof value === 'object' && value !== null && 'records' in value && Array.isArray(value.records);
}
