#!/usr/bin/env node
import { processContext } from './context.js';
import { main } from './main.js';

// Who reads our output may stop reading (`| head -1`); that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
// Progress that nobody reads is no reason to stop following a migration and to forget its exit code.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Not process.exit(): what was written to a pipe may not have left yet.
process.exitCode = await main(processContext(), process.argv.slice(2));
