// Arrows between packages run one way (ARCHITECTURE.md, "The house").
import { posix } from 'node:path';
import { isTest } from './files.mjs';

const SHARED = ['errors', 'native', 'faults', 'protocol', 'image', 'nbd', 'transport', 'agent'];

/** What each package may import of the others. The two agents stand in the lists of those alone that make one of both, and of the command. */
const MAY_IMPORT = {
  errors: [],
  native: [],
  faults: [],
  schema: [],
  fuse: ['errors', 'native'],
  qemu: ['errors', 'native', 'schema', 'fuse', 'nbd'],
  guest: ['errors'],
  protocol: ['errors'],
  image: ['errors', 'native', 'faults'],
  nbd: ['errors', 'native', 'protocol'],
  transport: ['errors', 'native', 'protocol'],
  agent: ['errors', 'native', 'faults', 'schema', 'protocol', 'image', 'nbd', 'transport'],
  'source-agent': SHARED,
  'dest-agent': SHARED,
  vm: ['errors', 'schema', 'image', 'agent', 'qemu'],
  host: [...SHARED, 'source-agent', 'dest-agent', 'vm'],
  proxy: ['errors', 'protocol', 'nbd', 'agent'],
  cli: [...SHARED, 'guest', 'qemu', 'source-agent', 'dest-agent', 'host', 'proxy'],
  test: [...SHARED, 'guest', 'source-agent', 'dest-agent', 'host', 'proxy', 'cli'],
};

const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*|\bnew URL\(\s*)['"]([^'"]+)['"]/g;

/** Imports, manifests and compiler references that point the wrong way or reach into another package's files. */
export function findPackageArrows(files) {
  return files.flatMap(({ file, text, lines }) => {
    const owner = packageOf(file);
    if (owner === undefined) return [];
    if (MAY_IMPORT[owner] === undefined) {
      const message = `package ${owner} has no place in scripts/tidy/packageArrows.mjs`;
      return file.endsWith('/package.json') ? [{ rule: 'package-arrow', file, message }] : [];
    }
    if (file.endsWith('/package.json')) return judge(owner, file, undefined, dependenciesOf(text));
    if (!/\.m?[tj]s$/.test(file)) return [];
    return lines.flatMap((line, index) => judgeLine(owner, file, line, index + 1));
  });
}

function packageOf(file) {
  return file.startsWith('test/') ? 'test' : /^packages\/([^/]+)\//.exec(file)?.[1];
}

function dependenciesOf(text) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(text);
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return names.filter((name) => name.startsWith('@godwit/')).map((name) => name.slice('@godwit/'.length));
}

function judgeLine(owner, file, line, number) {
  return [...line.matchAll(SPECIFIER)].flatMap(([, specifier]) => {
    if (specifier.startsWith('@godwit/')) return judge(owner, file, number, [specifier.split('/')[1]]);
    if (!specifier.startsWith('.')) return [];
    const target = packageOf(posix.join(posix.dirname(file), specifier));
    const leaves = target !== undefined && target !== owner && !isTest(file);
    const message = `reaches into the files of ${target}; import @godwit/${target}`;
    return leaves ? [{ rule: 'package-arrow', file, line: number, message }] : [];
  });
}

function judge(owner, file, line, targets) {
  return targets
    .filter((target) => target !== owner && !MAY_IMPORT[owner].includes(target))
    .map((target) => ({ rule: 'package-arrow', file, line, message: `${owner} may not import ${target}` }));
}
