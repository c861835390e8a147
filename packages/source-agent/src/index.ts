export { AGENT_VERSION, startSource } from './startSource.js';
