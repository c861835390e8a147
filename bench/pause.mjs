// The pause as a writer behind the proxy feels it; options and what is measured: test/src/bench/nbdPause.ts.
import '../test/dist/bench/nbdPause.js';
