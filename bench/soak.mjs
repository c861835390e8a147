// Move after move between two agents that stay; options: bench/README.md.
import '../test/dist/bench/soak.js';
