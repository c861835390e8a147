import type { HostDescription, VmDescription } from './description.js';
import { type Finding, finding } from './finding.js';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const STEP = 1024;

/** Memory, room on the disk, and what makes memory a file. */
export function checkRoom(vm: VmDescription, here: HostDescription): Finding[] {
  return [...checkMemory(vm, here), ...checkFolder(vm, here), ...checkFuse(here)];
}

function checkMemory({ manifest }: VmDescription, { memory }: HostDescription): Finding[] {
  const { bytes } = manifest.memory;
  const needs = `the guest has ${shownBytes(bytes)} of memory`;
  if (bytes > memory.totalBytes) {
    const what = `${needs}; this host has ${shownBytes(memory.totalBytes)} in all`;
    return [
      finding('error', 'memory-too-large', what, 'its memory has to fit into that of the host', 'choose a larger host'),
    ];
  }
  if (bytes <= memory.availableBytes) return [];
  const what = `${needs}; ${shownBytes(memory.availableBytes)} is available here`;
  const why = 'pages that do not fit are read again from the image, and the guest waits for each';
  return [finding('warning', 'memory-tight', what, why, 'end or move something else, or choose another host')];
}

/** The image of the memory is a file like the disks. */
function checkFolder({ manifest, diskBytes }: VmDescription, { folder }: HostDescription): Finding[] {
  const { path, availableBytes } = folder;
  if (availableBytes === undefined) {
    return [finding('error', 'room-unknown', `${path} is no folder here`, 'images come to be there', `create ${path}`)];
  }
  const disks = Object.values(diskBytes).reduce((sum, bytes) => sum + bytes, 0);
  const needed = disks + manifest.memory.bytes;
  if (needed <= availableBytes) return [];
  const what = `${path} has room for ${shownBytes(availableBytes)}, and the images have ${shownBytes(needed)}`;
  const why = `${shownBytes(disks)} of disks and ${shownBytes(manifest.memory.bytes)} of memory are kept there`;
  return [finding('error', 'room-short', what, why, `make room in ${path}, or give the agent another folder`)];
}

function checkFuse({ fuseProblem }: HostDescription): Finding[] {
  if (fuseProblem === undefined) return [];
  const mend = 'load fuse, let the agent open /dev/fuse, and install fuse3 where it is not root';
  return [finding('error', 'fuse-missing', fuseProblem, "the guest's memory is an image that FUSE makes a file", mend)];
}

function shownBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(STEP)));
  return `${Number((bytes / STEP ** power).toFixed(1))} ${UNITS[power]}`;
}
