import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showCommandLine } from './showCommandLine.js';

describe('a command line that is shown', () => {
  it('leaves plain arguments as they are and quotes others', () => {
    expect(showCommandLine(['-m', 'size=1B', 'a b', "it's", ''])).toBe(`-m size=1B 'a b' 'it'\\''s' ''`);
  });

  it('means the same to a shell', () => {
    const argument = fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => text.replaceAll('\0', ''));
    const shell = (args: string[]) => ['-c', `printf '%s\\0' ${showCommandLine(args)}`];
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 10 }), (args) => {
        expect(execFileSync('/bin/sh', shell(args)).toString()).toBe(args.map((arg) => `${arg}\0`).join(''));
      }),
      { numRuns: 20 },
    );
  });
});
