/**
 * Which paths a client of the API may have opened. What stands on the command line is the operator's own and is not asked
 * about here; a path in a request is somebody else's, and the agent may well run as root.
 */
import { readlinkSync, realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';

export class AllowedRoots {
  readonly #roots: readonly string[] | undefined;
  readonly #whatNext: string;

  private constructor(roots: readonly string[] | undefined, whatNext: string) {
    this.#roots = roots;
    this.#whatNext = whatNext;
  }

  /** Whatever the agent itself may open. */
  static anywhere(): AllowedRoots {
    return new AllowedRoots(undefined, '');
  }

  /**
   * Below `folders` alone; with none anywhere for clients of this host, and nowhere for clients of others.
   *
   * @throws GodwitError E_BAD_VALUE for a folder that is not there
   */
  static of(folders: readonly string[], isLoopback: boolean): AllowedRoots {
    if (folders.length > 0) return new AllowedRoots(folders.map(rootOf), 'it is below no --allow-root');
    if (isLoopback) return AllowedRoots.anywhere();
    return new AllowedRoots([], 'an API beyond loopback opens files below an --allow-root only');
  }

  /** Before anything is opened: where `path` leads now. @throws GodwitError E_OUTSIDE_ROOT */
  checkPath(path: string): void {
    if (this.#roots === undefined) return;
    this.#check(path, realPathOf(path));
  }

  /** Of what was opened: no link can be put in its way any more (proc(5), /proc/self/fd). @throws GodwitError E_OUTSIDE_ROOT */
  checkOpened(path: string, fd: number): void {
    if (this.#roots === undefined) return;
    this.#check(path, readlinkSync(`/proc/self/fd/${fd}`));
  }

  #check(path: string, real: string): void {
    const isInside = this.#roots?.some((root) => real === root || real.startsWith(root === sep ? sep : root + sep));
    if (isInside !== true) throw new GodwitError('E_OUTSIDE_ROOT', { path, problem: this.#whatNext });
  }
}

/** What is not there is judged by its name: nobody is told what there is outside. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function rootOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    const expected = `a folder that is there (${problemOf(error)})`;
    throw new GodwitError('E_BAD_VALUE', { name: '--allow-root', value: folder, expected }, { cause: error });
  }
}
