export { makeFolder } from './makeFolder.js';
export { OwnershipStore } from './ownershipStore.js';
export { readRecords } from './recordFile.js';
export { checkTransition, type OwnerRecord, type OwnerRole } from './records.js';
