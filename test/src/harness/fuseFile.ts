import { statSync, writeFileSync } from 'node:fs';
import { run } from './foreignCommand.js';
import { ForeignDaemon } from './foreignDaemon.js';
import type { Stage } from './stage.js';

/** `nbdfuse` makes an export an ordinary file until the stage ends; its path. The test has asked for requireFuse. */
export async function fuseFile(stage: Stage, uri: string): Promise<string> {
  // nbdfuse mounts over one file where that exists, and that is where the export then is.
  const file = stage.path(`fuse-${++mounts}`);
  writeFileSync(file, '');
  const before = statSync(file).ino;
  const device = statSync(file).dev;
  const mount = new ForeignDaemon(stage, 'nbdfuse', [file, uri]);
  stage.atEnd(async () => {
    // As root there may be no fusermount3, and without being root no umount.
    const { code } = await run('umount', [file]).catch(() => ({ code: -1 }));
    if (code !== 0) await run('fusermount3', ['-u', file]);
    await mount.ended;
  });
  await mount.ready('nbdfuse to mount', () => {
    const { ino, dev } = statSync(file);
    return dev !== device || ino !== before;
  });
  return file;
}

let mounts = 0;
