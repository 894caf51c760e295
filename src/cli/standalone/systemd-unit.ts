/** `nodemend systemd-unit`: the unit by which systemd runs the agent on a machine without a cluster. */
import { Command } from 'commander'
import { programArguments } from '../agent/travelling.ts'
import { CommandError, type Io } from '../io.ts'

/** The agent's limit in a cluster (deploy/chart/values.yaml); a test compares them. */
export const memoryMax = '288M'

export function systemdUnitCommand(io: Io): Command {
  return new Command('systemd-unit')
    .description('print a systemd unit that runs the agent without a cluster, from where this program is now')
    .action(() => io.stdout(unitOf([process.execPath, ...programArguments(io.programFile)])))
}

/**
 * `program`: the words that start this program. Nothing here gives the agent a mount name space of its own (ProtectSystem, PrivateTmp and their like): it would judge
 * systemd's mounts in place of the machine's.
 */
export function unitOf(program: readonly string[]): string {
  return `[Unit]
Description=Nodemend agent: finds what makes this machine a sick node
# The kernel log and the state folder are there; the network need not be.
After=local-fs.target

[Service]
ExecStart=${program.map(quoted).join(' ')} agent --metrics-address=127.0.0.1:8080 --state-file=/var/lib/nodemend/state.json
StateDirectory=nodemend
Restart=always
RestartSec=5
# A machine out of memory still has to say so.
OOMScoreAdjust=-900
MemoryMax=${memoryMax}
NoNewPrivileges=yes
RestrictRealtime=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
`
}

/**
 * systemd divides words at blanks and replaces %x, and $NAME outside of the program's path. Throws for a path that systemd
 * refuses.
 */
function quoted(word: string, place: number): string {
  if (place === 0 && /["'\\]/.test(word))
    throw new CommandError(
      'NM_CLI_USAGE',
      `systemd starts no program with quotes or backslashes in its path: move ${word}`,
    )
  const plain = word.replaceAll('%', '%%').replaceAll('$', place === 0 ? '$' : '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
