import type { VmManifest } from '../manifest/vmManifest.js';
import type { HostDescription, VmDescription } from './description.js';
import { type Finding, finding } from './finding.js';

interface NamedPath {
  readonly name: string;
  readonly path: string;
}

/** Files that have to be here already. */
export function requiredFiles({ kernel, disks }: VmManifest): NamedPath[] {
  return [
    ...(kernel === undefined ? [] : [{ name: 'kernel', path: kernel.path }]),
    ...(kernel?.initrd === undefined ? [] : [{ name: 'initrd', path: kernel.initrd }]),
    ...disks.filter(({ shared }) => shared === true).map(({ name, path }) => ({ name: `shared disk ${name}`, path })),
  ];
}

/** Files that the other host had at the same paths, and paths that get in each other's way. */
export function checkPaths(vm: VmDescription, here: HostDescription): Finding[] {
  return [
    ...requiredFiles(vm.manifest).flatMap((file) => checkFile(file, vm, here)),
    ...checkNesting(vm.manifest),
    ...checkMounts(here),
  ];
}

function checkFile({ name, path }: NamedPath, { fileBytes = {} }: VmDescription, here: HostDescription): Finding[] {
  const bytes = here.files[path];
  if (bytes === undefined) {
    const why = `QEMU is started with the same ${name} at both hosts`;
    return [finding('error', 'file-missing', `${name} ${path} is not here`, why, `copy or mount it to ${path}`)];
  }
  const theirs = fileBytes[path];
  if (theirs === undefined || theirs === bytes) return [];
  const what = `${name} ${path} has ${bytes} bytes here and ${theirs} at the source`;
  const why = 'the guest runs on as it is, but boots another one the next time';
  return [finding('warning', 'file-differs', what, why, `copy it from the source to ${path}`)];
}

function checkNesting({ memory, disks, kernel, console }: VmManifest): Finding[] {
  const paths: NamedPath[] = [
    ...(memory.path === undefined ? [] : [{ name: 'memory', path: memory.path }]),
    ...disks.map(({ name, path }) => ({ name: `disk ${name}`, path })),
    ...(kernel === undefined ? [] : [{ name: 'kernel', path: kernel.path }]),
    ...(kernel?.initrd === undefined ? [] : [{ name: 'initrd', path: kernel.initrd }]),
    ...(console === undefined ? [] : [{ name: 'console', path: console.path }]),
  ];
  return paths.flatMap((one, index) => paths.slice(0, index).flatMap((other) => checkPair(one, other)));
}

function checkPair(one: NamedPath, other: NamedPath): Finding[] {
  const both = `${other.name} and ${one.name}`;
  if (one.path === other.path) {
    const why = 'each would write over the other';
    return [finding('error', 'path-twice', `${both} are both ${one.path}`, why, 'give each a path of its own')];
  }
  if (!isBelow(one.path, other.path) && !isBelow(other.path, one.path)) return [];
  const what = `of ${both} one is inside the other (${other.path}, ${one.path})`;
  return [finding('error', 'path-nested', what, 'a file cannot be a folder too', 'give each a path of its own')];
}

/** The file of a memory is FUSE's: images in such a mount are served by what they serve. */
function checkMounts({ folder, fuseMounts }: HostDescription): Finding[] {
  const mount = fuseMounts.find((point) => point === folder.path || isBelow(folder.path, point));
  if (mount === undefined) return [];
  const why = 'if that is an image of Godwit itself, each waits for the other';
  return [
    finding(
      'warning',
      'folder-in-fuse',
      `${folder.path} is in ${mount}, a mount by FUSE`,
      why,
      'choose a folder on a disk',
    ),
  ];
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
