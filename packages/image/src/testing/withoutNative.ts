/** A program, run with GODWIT_NO_NATIVE=1: zeroes parts of the file that it is given, and prints what it saw. */
import { hasNative } from '@godwit/native';
import { RawFile } from '../rawFile.js';

const file = RawFile.open(process.argv[2] ?? '');
file.zeroSync(5, 3_000_000);
await file.zero(4_000_001, 2_500_000);
const ranges = [...file.dataRanges(0, file.size)];
console.log(JSON.stringify({ hasNative, size: file.size, ranges, next: file.nextData(77) }));
await file.close();
