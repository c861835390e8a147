// What a verified copy costs at least: its system calls and hashes alone; test/src/bench/calls.ts.
import '../test/dist/bench/calls.js';
