/** What `--help` teaches beyond the options; one text for each command. */

export const ROOT_HELP = `
Two hosts, one command each:
  host1$ godwit source --image vm0=/var/lib/vm0.img
  host2$ godwit dest --dir /var/lib/godwit --listen 0.0.0.0:7400 --tls-cert ... --tls-key ... --tls-ca ...
  host1$ godwit migrate vm0 --to host2:7400
To move images on, and back again: \`godwit host --dir DIR\` on each host, in place of both.
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
