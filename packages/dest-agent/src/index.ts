export { AGENT_VERSION, startDestination } from './startDestination.js';
