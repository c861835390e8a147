// NBD beside qemu-nbd; options and what is measured: test/src/bench/nbd.ts.
import '../test/dist/bench/nbd.js';
