// The house rules that no off-the-shelf linter checks. Each rule answers with findings; exceptions.mjs
// excuses some, each with its reason, and an exception that excuses nothing is a finding itself.
import { findBannedConstructs } from './tidy/bannedConstructs.mjs';
import { EXCEPTIONS } from './tidy/exceptions.mjs';
import { listFiles } from './tidy/files.mjs';
import { findBrokenLinks } from './tidy/links.mjs';
import { findPackageArrows } from './tidy/packageArrows.mjs';
import { findLongFiles, findLongFunctions } from './tidy/sizes.mjs';

const files = listFiles();
const findings = [
  ...findLongFiles(files),
  ...findLongFunctions(),
  ...findBannedConstructs(files),
  ...findPackageArrows(files),
  ...findBrokenLinks(files),
];

const used = new Set();
const open = findings.filter((finding) => {
  const excuse = EXCEPTIONS.find((entry) => entry.rule === finding.rule && entry.file === finding.file);
  if (excuse !== undefined) used.add(excuse);
  return excuse === undefined;
});
for (const entry of EXCEPTIONS) {
  if (!used.has(entry)) {
    open.push({ rule: 'unused-exception', file: entry.file, message: `nothing breaks ${entry.rule} any more` });
  }
  if (!(entry.reason?.length >= 10)) {
    open.push({ rule: 'exception-without-reason', file: entry.file, message: `${entry.rule} needs a reason` });
  }
}
for (const { rule, file, line, message } of open) {
  console.log(`${file}${line === undefined ? '' : `:${line}`}  ${rule}: ${message}`);
}
console.log(`tidy: ${files.length} files, ${open.length} findings, ${used.size} exceptions`);
process.exit(open.length === 0 ? 0 : 1);
