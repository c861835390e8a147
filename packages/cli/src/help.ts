/** What `--help` teaches beyond the options; one text for each command. */

export const ROOT_HELP = `
Two hosts, one command each:
  host1$ godwit source --image vm0=/var/lib/vm0.img
  host2$ godwit dest --dir /var/lib/godwit --listen 0.0.0.0:7400 --tls-cert ... --tls-key ... --tls-ca ...
  host1$ godwit migrate vm0 --to host2:7400
To move images on, and back again: \`godwit host --dir DIR\` on each host, in place of both.
A virtual machine moves between two \`godwit host\` by \`godwit vm migrate\`.
A workload that speaks NBD stays connected through \`godwit proxy\`.
Nothing at hand to move? \`godwit demo\` shows a live migration on this machine.

Exit codes:
  0  done
  1  failed; the source still owns
  2  usage: what was typed or configured is wrong, and nothing was started
  3  cancelled; the source still owns
  4  outcome unknown: the link was lost in the switch; \`godwit status ID\` says when it is known
  5  an agent does not answer

Variables: every option of every command also stands in GODWIT_<OPTION>, so --max-rounds is
GODWIT_MAX_ROUNDS, and in the JSON file of --config as "maxRounds". A flag goes before a variable,
a variable before the file. NO_COLOR=1 turns colours off.
`;

export const MIGRATE_HELP = `
Follows the migration to its end: a live display on a terminal, plain lines otherwise, both on
stderr; the summary goes to stdout. Ctrl-C cancels and waits for the result; a second Ctrl-C leaves
at once and the migration may go on.

Examples:
  godwit migrate vm0 --to host2:7400
  godwit migrate vm0-memory vm0-disk --to host2:7400 --downtime 30ms   (both at one instant)
  godwit migrate vm0 --to host2:7400 --bandwidth 500Mbit --timeout 30m --on-stall force
  godwit migrate vm0 --to host2:7400 --cutover manual --detach          (then: godwit cutover ID)
  godwit migrate vm0 --to host2:7400 --json | jq .downtime

Exit codes: 0 done, 1 failed (the source owns), 2 usage, 3 cancelled (the source owns),
4 outcome unknown, 5 an agent does not answer.
`;

export const STATUS_HELP = `
Examples:
  godwit status                                   all migrations, a line each
  godwit status 3f2a                              one migration in plain words
  godwit status --source http://host2:7401        as the destination sees them
`;

export const WATCH_HELP = `
Ctrl-C stops watching; the migration goes on. Ends with the exit code of the migration, as migrate does.

Examples:
  godwit watch 3f2a
  godwit watch 3f2a --source http://host2:7401    from the destination's side
  godwit watch 3f2a --json | jq -r .state
`;

export const CUTOVER_HELP = `
For migrations started with --cutover manual: they copy until the switch would be short, then hold in
pre-switchover until this command. Waits for the end; exit code as migrate.

Examples:
  godwit cutover 3f2a
  godwit cutover 3f2a --no-wait
`;

export const CANCEL_HELP = `
The source takes writes again within a second. Too late once the source has given up ownership.
Exit codes: 0 cancelled, 1 too late or failed, 4 outcome unknown, 5 the agent does not answer.

Examples:
  godwit cancel 3f2a
`;

export const RESOLVE_HELP = `
For an outcome that is unknown: the source sealed the image, and the link was lost before it heard who owns. The source
asks by itself for as long as it runs; this asks at once. If the other side is gone for good, --force-owner says who
owns from now on, without asking; it is written to the log and to the record of the agent that is asked.

Exit codes: 0 the destination owns, 1 the source owns, 4 still unknown.

Examples:
  godwit resolve 3f2a
  godwit resolve 3f2a --force-owner source --yes-i-know                                  at the source
  godwit resolve 3f2a --force-owner destination --yes-i-know --source http://host2:7401  at the destination
`;

export const IMAGES_HELP = `
OWNER is this agent's role and the owner epoch; WHERE is the migration that moves the image, or where
it has moved to.

Examples:
  godwit images
  godwit images --source http://host2:7401        those of a destination
  godwit images --json | jq '.[].allocatedBytes'
`;

export const CERTS_HELP = `
Needs nothing but this program. In the folder: ca.pem and ca.key, the authority; and for each host a folder of the name
that comes first, with cert.pem, key.pem and ca.pem. Keys are readable by their owner alone. Nothing that is there is
overwritten; an authority that is there signs again, so that hosts can be added and certificates renewed.

Examples:
  godwit certs init --host a.example,10.0.0.1 --host b.example,10.0.0.2
  godwit certs init --host b.example,10.0.0.2 --force      renew; copy, then: kill -HUP the agent
`;

export const DEMO_HELP = `
Starts a source and a destination, makes a disk image with a file system and real files in it, writes
to it from four clients while it moves, lets them follow, and proves that no write was lost. Everything
lives in a temporary folder that is removed. Exit codes: 0 proven, 1 not.

Examples:
  godwit demo
  godwit demo --size 128M --keep
`;

export const COMPLETION_HELP = `
Examples:
  source <(godwit completion bash)                now, in this shell
  godwit completion bash > /etc/bash_completion.d/godwit
  godwit completion zsh > "\${fpath[1]}/_godwit"
`;

export const VM_HELP = `
Two hosts, both with \`godwit host\`; the machine is run, and moved, by commands to the one that has it:
  host1$ godwit vm run web.json
  host1$ godwit vm check web --to host2:7400
  host1$ godwit vm migrate web --to host2:7400
Memory, device state and disks change hands at one instant.
`;

export const VM_RUN_HELP = `
Starts QEMU with memory and disks that the agent serves, so that what the guest writes is tracked from the
start. A machine that is off is started again by the same command, as the file describes it now; \`godwit vm start\`
starts it as it was. Prints QEMU's command line.

Examples:
  godwit vm run web.json
  godwit vm run web.json --json | jq -r .console
`;

export const VM_STATUS_HELP = `
Examples:
  godwit vm status                                   all machines, a line each
  godwit vm status web                               one in plain words
  godwit vm status --source http://host2:7401        those of another host
`;

export const VM_CHECK_HELP = `
Asks both hosts: QEMU's versions, machine type, processor, room, networks, storage. Each finding says what, why, and
what would mend it. Errors stop a move, warnings do unless they are forced, notes do not.
Exit codes: 0 nothing but notes, 1 a warning or an error, 2 usage, 5 an agent does not answer.

Examples:
  godwit vm check web --to host2:7400
  godwit vm check web --to host2:7400 --map-nic br0=br-lan --storage shared
  godwit vm check web --to host2:7400 --json | jq -r '.[].code'
`;

export const VM_MIGRATE_HELP = `
Checks first, as \`godwit vm check\` does, and moves nothing while an error, or a warning that is not forced, stands
against it. Then follows the migration as \`godwit migrate\` does: progress on stderr, the summary on stdout; Ctrl-C
cancels and waits for the result, a second Ctrl-C leaves at once. The machine runs on here until the switch, and from
then on there; it stands still between the two for the pause that the summary tells.

The default of --downtime is 300ms, QEMU's own for its downtime-limit: writing memory is not held up as writing a disk
is, so there is more to send in the pause.

Examples:
  godwit vm migrate web --to host2:7400
  godwit vm migrate web --to host2:7400 --downtime 100ms --on-stall force
  godwit vm migrate web --to host2:7400 --map-nic br0=br-lan --map-nic 2222=2223 --force-warnings
  godwit vm migrate web --to host2:7400 --json | jq .downtime

Exit codes: 0 done, 1 failed or stopped by a finding (it runs on here), 2 usage, 3 cancelled (it runs on here),
4 outcome unknown, 5 an agent does not answer.
`;

export const VM_STOP_HELP = `
The guest is asked to power off, as by its power button, and has a minute for it.

Examples:
  godwit vm stop web
  godwit vm stop web --force                         at once, as by pulling the plug
`;

export const VM_START_HELP = `
Of a machine that was stopped, whose guest powered itself off, or that arrived off: started as it is described at this
host, without its manifest's file. \`godwit vm run\` starts it with a manifest that was changed. Prints QEMU's command line.

Examples:
  godwit vm start web
  godwit vm start web --json | jq -r .commandLine
`;

export const VM_FORGET_HELP = `
Of a machine that has left, what is here is an old copy of its disks: a way back begins with it, and sends what differs.

Examples:
  godwit vm forget web
`;

export const VM_DEMO_HELP = `
Makes a small guest (Debian's kernel and one program), runs it on one of two \`godwit host\`, and moves it to the other and back
while it counts, writes memory, syncs records to its disk and answers on the network. Tells the pause as the engine reports it, as
the guest felt it, and as it was seen from outside, and proves that nothing was lost. Needs QEMU, FUSE and a compiler; says which
Debian packages are missing. Everything but the guest's kernel lives in a temporary folder that is removed. Some minutes.
Exit codes: 0 proven, 1 not, or it cannot be shown here.

Examples:
  godwit vm demo
`;
