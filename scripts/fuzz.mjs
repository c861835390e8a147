// Fuzzers for as long as one likes; options: CONTRIBUTING.md.
import '../test/dist/fuzz/main.js';
