export { QEMU_BOUNDS } from './bounds.js';
export type { DiskPlace } from './commandLine/diskArguments.js';
export { mapNetdev, type NicMap } from './commandLine/nicArguments.js';
export { qemuArguments, type VmPlace } from './commandLine/qemuArguments.js';
export { showCommandLine } from './commandLine/showCommandLine.js';
export type { VmDisk, VmForward, VmKernel, VmManifest, VmNetdev, VmNic } from './manifest/vmManifest.js';
export { QmpClient, type QmpOptions } from './qmp/qmpClient.js';
export type { QemuVersion, QmpEvent } from './qmp/qmpMessage.js';
