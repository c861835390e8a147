// Hints to the page cache, on and off; options and what is measured: test/src/bench/pageCache.ts.
import '../test/dist/bench/pageCache.js';
