import { NbdErrno } from '@godwit/nbd';
import { expect, it } from 'vitest';
import { ExportCounters } from './exportCounters.js';
import { ImageExport } from './imageExport.js';
import type { Failure } from './nbdMessages.js';
import { scratchImage } from './testing/scratchImage.js';

it('tells of storage that refuses, once for many requests, and not of what a client does wrong', async () => {
  const failures: Failure[] = [];
  const exported = new ImageExport(scratchImage('vm', 4096).handle(), new ExportCounters(), undefined, (failure) =>
    failures.push(failure),
  );
  const open = exported.open();
  const answered = (error: number) => open.observe?.({ kind: 'write', bytes: 512, durationMs: 1, error });
  for (const error of [0, NbdErrno.EINVAL, NbdErrno.ESHUTDOWN]) answered(error);
  expect(failures).toEqual([]);
  for (const error of [NbdErrno.ENOSPC, NbdErrno.EIO, NbdErrno.ENOSPC]) answered(error);
  expect(failures).toEqual([{ image: 'vm', request: 'write', errno: NbdErrno.ENOSPC }]);
  open.close();
  await exported.withdraw();
});
