export { GuestExports } from './guestExports.js';
export { VmImages } from './vmImages.js';
export { VmMoves } from './vmMoves.js';
export { VmRecords } from './vmRecord.js';
export { registerVmRoutes } from './vmRoutes.js';
export { VmService } from './vmService.js';
