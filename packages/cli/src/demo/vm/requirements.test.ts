import { expect, it } from 'vitest';
import { lackInWords } from './requirements.js';

const NOTHING = { platform: 'linux', arch: 'x64', isRoot: false, path: '/nonexistent', fuse: '/nonexistent' };

it('names in one line the Debian packages that are missing, and FUSE', () => {
  expect(lackInWords(NOTHING)).toMatch(
    /^Debian packages are missing: apt-get install apt .*fuse3 gcc .*qemu-system-x86; there is no \/nonexistent: modprobe fuse/,
  );
  expect(lackInWords({ ...NOTHING, isRoot: true })).not.toContain('fuse3');
  expect(lackInWords({ ...NOTHING, arch: 'arm64' })).toBe('its guest is made and run on Linux on x86-64 alone');
});
