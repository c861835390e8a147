import { existsSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Points at which a test can make a migration wait, by GODWIT_TEST_HOLD=<point>:<file>[,...]. */
export type HoldPoint =
  | 'source.active.before-switch'
  | 'source.switchover.frozen'
  | 'source.switchover.before-seal'
  | 'source.switchover.after-seal'
  | 'dest.before-data-sync'
  | 'dest.before-prepared'
  | 'dest.before-owner';

/**
 * Waits at `point` until the named file exists, having made `<file>.held` to say that it waits; returns
 * at once when no test asks for it.
 */
export async function holdForTest(point: HoldPoint, environment = process.env['GODWIT_TEST_HOLD']): Promise<void> {
  const path = environment
    ?.split(',')
    .find((entry) => entry.startsWith(`${point}:`))
    ?.slice(point.length + 1);
  if (path === undefined || existsSync(path)) return;
  writeFileSync(`${path}.held`, '');
  await new Promise<void>((resolve) => {
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path) && existsSync(path)) {
        watcher.close();
        resolve();
      }
    });
    if (existsSync(path)) {
      watcher.close();
      resolve();
    }
  });
}
