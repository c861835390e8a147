import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDuration } from '../units/duration.js';
import {
  asText,
  listOption,
  oneOf,
  option,
  optionalOption,
  requiredOption,
  switchOption,
  wholeNumber,
} from './option.js';
import { addOptions, OptionValues } from './optionValues.js';

const WAIT = option({
  flag: '--peer-wait',
  placeholder: 'DURATION',
  help: 'how long',
  fallback: '10s',
  parse: parseDuration,
});
const NAME = optionalOption({ flag: '--name', placeholder: 'NAME', help: 'a name', parse: asText });
const DIR = requiredOption({ flag: '--dir', placeholder: 'DIR', help: 'a folder', parse: asText });
const TAG = listOption({ flag: '--tag', placeholder: 'TAG', help: 'tags', parse: asText });
const LANES = optionalOption({ flag: '--lanes', placeholder: 'N', help: 'lanes', parse: wholeNumber(1) });
const MODE = option({
  flag: '--mode',
  placeholder: 'MODE',
  help: 'mode',
  fallback: 'live',
  parse: oneOf('live', 'cold'),
});
const JSON_SWITCH = switchOption({ flag: '--json', help: 'print JSON' });
const ALL = [WAIT, NAME, DIR, TAG, LANES, MODE, JSON_SWITCH];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The values of a command line, as a command would read them. */
function valuesOf(flags: string[], environment: Record<string, string> = {}, file?: unknown): OptionValues {
  const path = join(folder, 'config.json');
  if (file !== undefined) writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file));
  const command = addOptions(new Command(), ALL).exitOverride();
  command.parse(file === undefined ? flags : [...flags, '--config', path], { from: 'user' });
  return new OptionValues(ALL, command.opts(), environment);
}

function refusal(attempt: () => unknown): GodwitError {
  try {
    attempt();
  } catch (thrown) {
    if (thrown instanceof GodwitError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('where a value comes from', () => {
  it('is the flag over the variable over the file over the default', () => {
    const variable = { GODWIT_PEER_WAIT: '2s' };
    const file = { peerWait: '3s' };
    expect(valuesOf(['--peer-wait', '1s'], variable, file).get(WAIT)).toBe(1000);
    expect(valuesOf([], variable, file).get(WAIT)).toBe(2000);
    expect(valuesOf([], {}, file).get(WAIT)).toBe(3000);
    expect(valuesOf([]).get(WAIT)).toBe(10_000);
  });

  it('takes an empty variable for none', () => {
    expect(valuesOf([], { GODWIT_PEER_WAIT: '' }).get(WAIT)).toBe(10_000);
  });

  it('may be a file that a variable names', () => {
    const path = join(folder, 'other.json');
    writeFileSync(path, '{"name": "from file"}');
    expect(valuesOf([], { GODWIT_CONFIG: path }).get(NAME)).toBe('from file');
  });

  it('collects a repeated flag, a list in the file, and a separated variable', () => {
    expect(valuesOf(['--tag', 'a', '--tag', 'b,c']).get(TAG)).toEqual(['a', 'b,c']);
    expect(valuesOf([], {}, { tag: ['a', 'b'] }).get(TAG)).toEqual(['a', 'b']);
    expect(valuesOf([], { GODWIT_TAG: 'a=/x y;b=/z' }).get(TAG)).toEqual(['a=/x y', 'b=/z']);
    expect(valuesOf([]).get(TAG)).toEqual([]);
  });

  it('reads switches and numbers in each place', () => {
    expect([[], ['--json']].map((flags) => valuesOf(flags).get(JSON_SWITCH))).toEqual([false, true]);
    expect(valuesOf([], { GODWIT_JSON: 'true' }).get(JSON_SWITCH)).toBe(true);
    expect(valuesOf([], {}, { json: true, lanes: 4 }).get(JSON_SWITCH)).toBe(true);
    expect(valuesOf([], {}, { json: true, lanes: 4 }).get(LANES)).toBe(4);
    expect(valuesOf([]).get(LANES)).toBeUndefined();
  });
});

describe('what is wrong', () => {
  it('is named by the place that holds it', () => {
    expect(refusal(() => valuesOf(['--peer-wait', 'x']).get(WAIT)).message).toMatch(
      /^--peer-wait is "x"; expected a duration/,
    );
    expect(refusal(() => valuesOf([], { GODWIT_PEER_WAIT: 'x' }).get(WAIT)).message).toMatch(
      /^GODWIT_PEER_WAIT is "x"/,
    );
    expect(refusal(() => valuesOf([], {}, { peerWait: 'x' }).get(WAIT)).message).toMatch(
      /^"peerWait" in .*config\.json is "x"/,
    );
  });

  it('may be a word, a number or something that is missing', () => {
    expect(refusal(() => valuesOf(['--mode', 'warm']).get(MODE)).message).toBe(
      '--mode is "warm"; expected live or cold',
    );
    expect(refusal(() => valuesOf(['--lanes', '0']).get(LANES)).message).toBe(
      '--lanes is "0"; expected a whole number, 1 or more',
    );
    expect(refusal(() => valuesOf([]).get(DIR)).message).toBe('--dir DIR is needed');
  });

  it.each([
    [{ peerwait: '1s' }, 'unknown key "peerwait"; known are peerWait,'],
    [{ name: {} }, '"name" must be a text or a number'],
    [{ name: ['a', 'b'] }, '"name" must be a text or a number'],
    [{ tag: [1, {}] }, '"tag" must be a text or a list of texts'],
    ['[1]', 'not a JSON object'],
    ['{', 'JSON'],
  ])('in a file of %j is reported', (file, said) => {
    const error = refusal(() => valuesOf([], {}, file));
    expect([error.code, error.message]).toEqual(['E_CONFIG', expect.stringContaining(said)]);
    expect(error.message).toContain('config.json');
  });

  it('may be a file that is not there', () => {
    const command = addOptions(new Command(), ALL).parse(['--config', '/no/such/file'], { from: 'user' });
    expect(refusal(() => new OptionValues(ALL, command.opts(), {})).code).toBe('E_CONFIG');
  });
});
