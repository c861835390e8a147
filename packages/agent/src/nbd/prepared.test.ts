/** A copy that is whole and not owned yet: what its machine's own exports show of it, and all others do not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NbdClient } from '@godwit/nbd';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../logging/logger.js';
import { NbdService } from './nbdService.js';
import { scratchImage } from './testing/scratchImage.js';

const SIZE = 64 * 1024;
const BLOCK = 4096;
let folder: string;
let own: NbdService;
let others: NbdService;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-prepared-'));
  own = serviceAt('own.sock', true);
  others = serviceAt('others.sock', false);
  await Promise.all([own.listen(), others.listen()]);
});
afterEach(async () => {
  await Promise.all([own.close(), others.close()]);
  rmSync(folder, { recursive: true, force: true });
});

function serviceAt(name: string, seesPrepared: boolean): NbdService {
  const how = { wait: false, farewell: 'disconnect', tls: { mode: 'off' }, unixPath: join(folder, name) } as const;
  return new NbdService({ ...how, seesPrepared }, createLogger('silent'));
}
const connect = (socket: string) => NbdClient.connect({ path: join(folder, socket) }, 'vm', { timeoutMs: 10_000 });

async function readBlock(client: NbdClient, offset: number): Promise<Buffer> {
  const target = Buffer.alloc(BLOCK);
  await client.read(offset, target);
  return target;
}

/** Whether it has settled once whoever could settle it had every chance: a whole request of another client went through. */
async function hasSettled(work: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  work.then(settle, settle);
  const bystander = scratchImage('bystander', BLOCK);
  own.add(bystander);
  const client = await NbdClient.connect({ path: join(folder, 'own.sock') }, 'bystander', { timeoutMs: 10_000 });
  await readBlock(client, 0);
  client.destroy();
  await own.withdraw('bystander');
  return settled;
}

it('is read by its machine alone, not before it is whole, and written by nobody before it is owned', async () => {
  const image = scratchImage('vm', SIZE);
  const { gate } = image.maps;
  gate.seal();
  others.expect(image);
  own.add(image);
  const machine = await connect('own.sock');
  const early = readBlock(machine, 0);
  expect(await hasSettled(early)).toBe(false);

  gate.prepare();
  expect(await early).toEqual(Buffer.alloc(BLOCK, 1));
  await expect(connect('others.sock')).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
  const [read, write] = [image.read(0, BLOCK), machine.write(0, Buffer.alloc(BLOCK, 7))];
  expect([await hasSettled(read), await hasSettled(write), image.maps.dirty.count()]).toEqual([false, false, 0]);

  // It does not come, and is offered again: its bytes change, and nobody reads them meanwhile.
  gate.seal();
  const late = readBlock(machine, BLOCK);
  expect(await hasSettled(late)).toBe(false);

  gate.prepare();
  await late;
  gate.open();
  await write;
  await read;
  expect([image.maps.dirty.count(), [...(await image.read(0, 1))]]).toEqual([1, [7]]);
  (await connect('others.sock')).destroy();
  machine.destroy();
});
