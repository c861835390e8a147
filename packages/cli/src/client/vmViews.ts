import type { Finding, Severity } from '@godwit/qemu';
import { hasStrings, isRecord } from './viewGuard.js';

export type { Finding, Severity } from '@godwit/qemu';

/** A virtual machine as an agent with both roles shows it. */
export interface VmView {
  readonly name: string;
  readonly uuid: string;
  readonly phase: VmPhase;
  /** What moves with it. */
  readonly images: readonly string[];
  readonly pid?: number;
  /** As QEMU has it. */
  readonly runState?: string;
  /** What is wrong with it, and what to do. */
  readonly problem?: string;
  /** QEMU's, as it would be typed. */
  readonly commandLine?: string;
  /** URL of its images where they are now. */
  readonly location?: string;
  /** File that its serial port writes to. */
  readonly console?: string;
}

export type VmPhase = 'running' | 'stopped' | 'arriving' | 'left';

const PHASES: Readonly<Record<VmPhase, true>> = { running: true, stopped: true, arriving: true, left: true };
const SEVERITIES: Readonly<Record<Severity, true>> = { error: true, warning: true, note: true };

/** As viewGuard.ts: what an agent answered, before it is believed. */
export function isVmView(value: unknown): value is VmView {
  return (
    hasStrings(value, ['name', 'uuid', 'phase']) &&
    Object.hasOwn(PHASES, value.phase) &&
    Array.isArray(value['images']) &&
    value['images'].every((name) => typeof name === 'string') &&
    (value['pid'] === undefined || typeof value['pid'] === 'number') &&
    ['runState', 'problem', 'commandLine', 'location', 'console'].every((name) => isTextOrAbsent(value[name]))
  );
}

export function isVmList(value: unknown): value is VmView[] {
  return Array.isArray(value) && value.every(isVmView);
}

export function isFindingList(value: unknown): value is Finding[] {
  return Array.isArray(value) && value.every(isFinding);
}

/** Of DELETE. */
export function isNothing(value: unknown): value is undefined {
  return value === undefined;
}

function isFinding(value: unknown): value is Finding {
  return (
    isRecord(value) &&
    hasStrings(value, ['severity', 'code', 'what', 'why', 'mend']) &&
    Object.hasOwn(SEVERITIES, value.severity)
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
