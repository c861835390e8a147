export { type CliContext, type ExitCode, type OutputStream, processContext } from './context.js';
export { main } from './main.js';
