export { proxyCommand } from './command/proxyCommand.js';
export { type ProxyOptions, type RunningProxy, startProxy } from './startProxy.js';
