import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CountingServer } from '../testing/countingServer.js';
import { scratchFolder } from '../testing/scratch.js';
import { requireTool } from '../testing/tools.js';
import { ExportWriter } from './exportWriter.js';

const SIZE = 1024 * 1024;
const PAGE = 4096;

describe('a writer to an export', () => {
  beforeEach((context) => requireTool(context, 'nbdkit'));

  it('does again on the next server what the last one did not answer, and says so once', async () => {
    const folder = scratchFolder();
    const first = await CountingServer.start(folder, 'nbd', SIZE);
    const said: string[] = [];
    const writer = await ExportWriter.connect({ path: first.socket }, '', (words) => said.push(words));
    expect(await writer.size()).toBe(SIZE);
    await writer.write(0, Buffer.alloc(PAGE, 1));
    await first.kill();
    const pages = [2, 3, 4, 5].map((value) => writer.write((value - 1) * PAGE, Buffer.alloc(PAGE, value)));
    const flushed = writer.flush();
    await vi.waitFor(() => expect(said).toHaveLength(1), 10_000);
    const second = await CountingServer.start(folder, 'nbd', SIZE);
    await Promise.all([...pages, flushed]);
    const image = readFileSync(second.image);
    expect([0, 1, 2, 3, 4].map((page) => image[page * PAGE])).toEqual([0, 2, 3, 4, 5]);
    expect(said).toEqual([said[0], 'it goes on']);
  });

  it('fails every flush after one that was answered with an error', async () => {
    const folder = scratchFolder();
    const [socket, fail] = [join(folder, 'nbd.sock'), join(folder, 'fail')];
    const flush = `if [ -e ${fail} ]; then rm ${fail}; echo EIO >&2; exit 1; fi`;
    const answers = [`get_size=echo ${SIZE}`, 'pread=exit 1', 'pwrite=cat >/dev/null', `flush=${flush}`];
    const server = spawn('nbdkit', ['-f', '-U', socket, 'eval', 'can_write=exit 0', 'can_flush=exit 0', ...answers]);
    onTestFinished(() => void server.kill('SIGKILL'));
    await vi.waitFor(() => expect(existsSync(socket)).toBe(true), 10_000);
    const writer = await ExportWriter.connect({ path: socket }, '', () => undefined);
    await writer.flush();
    writeFileSync(fail, '');
    await expect(writer.flush()).rejects.toMatchObject({ name: 'NbdError' });
    expect(existsSync(fail)).toBe(false);
    await expect(writer.flush()).rejects.toMatchObject({ name: 'NbdError' });
    await writer.write(0, Buffer.alloc(PAGE));
  });

  it('does not begin without a server', async () => {
    const connecting = ExportWriter.connect({ path: `${scratchFolder()}/none` }, '', () => undefined);
    await expect(connecting).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });
});
