// Ways to see what a guest writes to its memory, beside each other; options and what is measured: test/src/bench/vm/ram.ts.
import '../../test/dist/bench/vm/ram.js';
