import { statSync, writeFileSync } from 'node:fs';
import { run } from './foreignCommand.js';
import { ForeignDaemon } from './foreignDaemon.js';
import type { Stage } from './stage.js';

/** `nbdfuse` makes an export an ordinary file until the stage ends; its path. The test has asked for requireFuse. */
export async function fuseFile(stage: Stage, uri: string): Promise<string> {
  return (await mountOver(stage, 'nbdfuse', (file) => [file, uri])).file;
}

/** Starts a program that mounts one file over the one it is given, and waits until it has; the path of both, and its process. */
export async function mountOver(
  stage: Stage,
  program: string,
  argsFor: (file: string) => readonly string[],
): Promise<{ readonly file: string; readonly pid: number }> {
  // nbdfuse mounts over one file where that exists, and that is where the export then is.
  const file = stage.path(`fuse-${++mounts}`);
  writeFileSync(file, '');
  const before = statSync(file).ino;
  const device = statSync(file).dev;
  const mount = new ForeignDaemon(stage, program, argsFor(file));
  stage.atEnd(async () => {
    // As root there may be no fusermount3, and without being root no umount. Lazily, and without
    // waiting for it: an agent may still have it open. The mount's process is killed next.
    if (process.getuid?.() === 0) await run('umount', ['--lazy', file]);
    else await run('fusermount3', ['-u', '-z', file]);
  });
  await mount.ready(`${program} to mount`, () => {
    const { ino, dev } = statSync(file);
    return dev !== device || ino !== before;
  });
  return { file, pid: mount.pid };
}

let mounts = 0;
