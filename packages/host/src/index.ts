export { startHost } from './startHost.js';
