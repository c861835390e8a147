import { describe, expect, it } from 'vitest';
import { parseCpuModels, parseNames, parseVersion } from './helpTexts.js';

describe('what QEMU says of itself', () => {
  it('has a version, and a package perhaps', () => {
    expect(parseVersion('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright\n')).toEqual({
      ...{ major: 7, minor: 2, micro: 22 },
      package: 'Debian 1:7.2+dfsg-7',
    });
    expect(parseVersion('QEMU emulator version 9.1.0\n')?.package).toBe('');
    expect(parseVersion('nothing')).toBeUndefined();
  });

  it('has machines and accelerators below a heading', () => {
    const machines = 'Supported machines are:\nmicrovm              microvm (i386)\npc-q35-7.2           Standard PC\n';
    expect(parseNames(machines)).toEqual(['microvm', 'pc-q35-7.2']);
    expect(parseNames('Accelerators supported in QEMU binary:\ntcg\nkvm\n')).toEqual(['tcg', 'kvm']);
  });

  it('has processors, with and without their architecture', () => {
    const flags = '\nRecognized CPUID flags:\n  3dnow 3dnowext\n';
    expect(parseCpuModels(`Available CPUs:\nx86 486    (alias of 486-v1)\nx86 Haswell-v4  Intel\n${flags}`)).toEqual([
      ...['486', 'Haswell-v4'],
    ]);
    expect(parseCpuModels(`Available CPUs:\n  486        (alias)\n  host       KVM\n${flags}`)).toEqual([
      '486',
      'host',
    ]);
  });
});
