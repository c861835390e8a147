#!/usr/bin/env node
/** Makes the guest in a folder, to be run by `godwit vm run FOLDER/guest.json` (docs/TWO-NAMESPACES.md). */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GodwitError, problemOf, toGodwitError } from '@godwit/errors';
import { buildGuest } from './buildGuest.js';
import { guestManifest, makeGuestDisk } from './guestManifest.js';
import { missingForGuest } from './requirements.js';

const NAME = 'guest';
/** The same at both hosts. */
const PORTS = { echoPort: 2007, commandPort: 2008 };

/** @throws GodwitError in one line what is missing or in the way */
async function makeIn(folder: string | undefined): Promise<void> {
  if (folder === undefined) throw refusal('give the folder that the guest is to be made in');
  const missing = missingForGuest();
  if (missing.length > 0) throw refusal(`Debian packages are missing: apt-get install ${missing.join(' ')}`);
  await mkdir(folder, { recursive: true });
  const guest = await buildGuest();
  await makeGuestDisk(join(folder, 'disk.raw')).catch((thrown: unknown) => {
    throw refusal(problemOf(thrown));
  });
  const places = { name: NAME, diskName: 'disk', disk: 'disk.raw', console: 'guest.log', ...PORTS };
  const manifest = await guestManifest(guest, places);
  await writeFile(join(folder, `${NAME}.json`), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function refusal(problem: string): GodwitError {
  return new GodwitError('E_USAGE', { problem });
}

try {
  await makeIn(process.argv[2]);
} catch (thrown) {
  const { code, message } = toGodwitError(thrown);
  process.stderr.write(`${code} ${message}\n`);
  process.exitCode = 1;
}
