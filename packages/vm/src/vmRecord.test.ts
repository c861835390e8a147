import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@godwit/agent';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { manifestWith } from './testing/manifest.js';
import { VmRecords } from './vmRecord.js';

const logger = createLogger('silent');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-vms-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('keeps what is known of each machine over lives of the agent, until it is forgotten', () => {
  const records = new VmRecords(folder);
  const web = { manifest: manifestWith(), phase: 'running', mapNics: { br0: 'lan' } } as const;
  const mail = {
    manifest: manifestWith({ name: 'mail' }),
    phase: 'left',
    location: 'http://there/v1/images/mail-ram',
  } as const;
  records.write({ ...web, phase: 'stopped' });
  records.write(web);
  records.write(mail);
  expect(new VmRecords(folder).all(logger)).toEqual(expect.arrayContaining([web, mail]));
  records.remove('web');
  expect(new VmRecords(folder).all(logger)).toEqual([mail]);
});

it('leaves a record that cannot be read where it is, and goes on with the others', () => {
  const records = new VmRecords(folder);
  records.write({ manifest: manifestWith(), phase: 'running' });
  records.write({ manifest: manifestWith({ name: 'mail' }), phase: 'running' });
  for (const content of ['', '{', '{"format":2}', '{"format":1,"manifest":"{}","phase":"running"}']) {
    writeFileSync(join(records.folderOf('web'), 'vm.json'), content);
    expect(records.all(logger).map(({ manifest }) => manifest.name)).toEqual(['mail']);
  }
});
