/**
 * A client made with libnbd that does without a proxy: it writes with eight requests in flight, and when its
 * server refuses it or is gone, it goes to where the image is now and repeats what was not answered. Its ledger is two
 * files: what the image has to be, and what it has to be at the source.
 */
import { copyFileSync } from 'node:fs';
import { runWell } from '../harness/foreignCommand.js';
import { hasFields, parseJson } from '../harness/jsonGuards.js';

export interface WandererPlan {
  readonly seed: number;
  readonly source: string;
  readonly destination: string;
  /** The image before the first write. */
  readonly image: string;
  /** Where its ledger is kept: the image after all that was acknowledged, anywhere and at the source. */
  readonly everywhere: string;
  readonly atSource: string;
  /** Writes that the destination has to acknowledge before it ends. */
  readonly enough: number;
}

/** Counts of writes. */
export interface WandererReport {
  readonly acknowledgedAtSource: number;
  readonly acknowledgedAtDestination: number;
  /** Answered with ESHUTDOWN. */
  readonly refused: number;
  /** Whose connection ended before their answer. */
  readonly unanswered: number;
  /** Other errors: none is expected. */
  readonly failed: readonly string[];
}

/** Runs it to its end. */
export async function wander(plan: WandererPlan): Promise<WandererReport> {
  copyFileSync(plan.image, plan.everywhere);
  copyFileSync(plan.image, plan.atSource);
  // Debian's binding is for Debian's python3.
  const report = parseJson(await runWell('/usr/bin/python3', ['-c', SCRIPT, JSON.stringify(plan)]));
  if (!isReport(report)) throw new Error(`the wanderer reported ${JSON.stringify(report)}`);
  return report;
}

function isReport(value: unknown): value is WandererReport {
  const counts = { acknowledgedAtSource: 'number', acknowledgedAtDestination: 'number', refused: 'number' } as const;
  return hasFields(value, { ...counts, unanswered: 'number', failed: 'object' }, 'the report of the wanderer');
}

const SCRIPT = `
import collections, json, os, random, sys, time
import nbd

plan = json.loads(sys.argv[1])
chance = random.Random(plan["seed"])
everywhere, at_source = (os.open(plan[name], os.O_WRONLY) for name in ("everywhere", "atSource"))
counts = collections.Counter()
failed = []
DEPTH = 8
SLOT = 4096 * DEPTH

def connect(places):
    # One after the other until one serves the image: a back-off, since the destination owns it only in a while.
    for attempt in range(3000):
        place = places[attempt % len(places)]
        handle = nbd.NBD()
        try:
            handle.connect_uri(plan[place])
            return place, handle
        except nbd.Error:
            time.sleep(0.02)
    raise SystemExit("nobody serves the image")

def draw(slot):
    # Never two in flight that overlap: each slot has its eighth of every 32 KiB.
    offset = chance.randrange(size // SLOT) * SLOT + slot * 4096
    length = chance.choice((512, 1000, 4096))
    return offset + chance.randrange(0, 4096 - length + 1), chance.randbytes(length)

place, handle = connect(["source"])
size = handle.get_size()
waiting = {}
flying = {}

def acknowledge(offset, data):
    counts[place] += 1
    os.pwrite(everywhere, data, offset)
    if place == "source":
        os.pwrite(at_source, data, offset)

def settle(cookie):
    slot, (offset, data), buffer = flying[cookie]
    try:
        if not handle.aio_command_completed(cookie):
            return
        acknowledge(offset, data)
    except nbd.Error as error:
        counts["refused" if error.errno == "ESHUTDOWN" else "unanswered"] += 1
        if error.errno not in ("ESHUTDOWN", "ENOTCONN"):
            failed.append(str(error))
        waiting[slot] = (offset, data)
    del flying[cookie]

def ended():
    return handle.aio_is_dead() or handle.aio_is_closed()

def launch(slot):
    write = waiting.pop(slot, None) or draw(slot)
    buffer = nbd.Buffer.from_bytearray(bytearray(write[1]))
    try:
        flying[handle.aio_pwrite(buffer, write[0])] = (slot, write, buffer)
    except nbd.Error:
        waiting[slot] = write

while counts["destination"] < plan["enough"]:
    busy = {slot for slot, _, _ in flying.values()}
    # Once one was refused no more is sent, until all are answered or the connection has ended.
    if not ended() and not waiting:
        for slot in range(DEPTH):
            if slot not in busy: launch(slot)
    try:
        if not ended(): handle.poll(1000)
    except nbd.Error:
        pass
    for cookie in list(flying): settle(cookie)
    if ended() or (waiting and not flying):
        place, handle = connect(["destination", "source"])
        for slot in list(waiting): launch(slot)

while flying and not ended():
    handle.poll(1000)
    for cookie in list(flying): settle(cookie)
handle.shutdown()
print(json.dumps({
    "acknowledgedAtSource": counts["source"],
    "acknowledgedAtDestination": counts["destination"],
    "refused": counts["refused"],
    "unanswered": counts["unanswered"],
    "failed": failed,
}))
`;
