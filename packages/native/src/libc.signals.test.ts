import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { hasNative } from './libc.js';

const folder = mkdtempSync(join(tmpdir(), 'godwit-signals-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Asks so often that hundreds of the profiler's signals fall into calls. */
const PROGRAM = `
  import net from 'node:net';
  import { peerHasLeft } from ${JSON.stringify(fileURLToPath(new URL('./sockets.js', import.meta.url)))};
  const server = net.createServer((socket) => {
    for (let call = 0; call < 500_000; call++) if (peerHasLeft(socket._handle.fd) !== false) process.exit(3);
    process.exit(0);
  });
  server.listen(${JSON.stringify(join(folder, 'socket'))}, () => net.connect(${JSON.stringify(join(folder, 'socket'))}));
`;

describe.runIf(hasNative)('a thread that gets signals', () => {
  it('still learns whether a peer has left', () => {
    const profiled = ['--cpu-prof', '--cpu-prof-interval=20', `--cpu-prof-dir=${folder}`];
    const args = [...profiled, '--input-type=module', '--eval', PROGRAM];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('');
  }, 60_000);
});
