export type { SourceImages } from './images/sourceImages.js';
export type { Migrations } from './migration/migrations.js';
export { AGENT_VERSION, SendingSide } from './sendingSide.js';
export { startSource } from './startSource.js';
