export { makeFolder } from './makeFolder.js';
export { OwnershipStore } from './ownershipStore.js';
export { readRecords } from './recordFile.js';
export { type CopyRecord, checkTransition, type OwnerRecord, type OwnerRole } from './records.js';
export { replaceFile, syncFolderOf } from './replaceFile.js';
