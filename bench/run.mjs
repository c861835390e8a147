// Godwit beside its peers; options: bench/README.md.
import '../test/dist/bench/run.js';
