export { FuseFile, type FuseFileOptions } from './fuseFile.js';
