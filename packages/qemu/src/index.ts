export { QmpClient, type QmpOptions } from './qmp/qmpClient.js';
export type { QemuVersion, QmpEvent } from './qmp/qmpMessage.js';
