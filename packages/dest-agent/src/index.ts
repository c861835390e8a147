export type { DestinationImages, ImageTaker } from './images/destinationImages.js';
export { commandWorkloads } from './incoming/commandWorkload.js';
export type { IncomingMigrations } from './incoming/incomingMigrations.js';
export { AGENT_VERSION, prepareDirectory, ReceivingSide } from './receivingSide.js';
export { startDestination } from './startDestination.js';
