/**
 * The agent's flags as data, shared by the command's `--help` and the agent's own small bundle, which has no
 * command-line library. Names follow the EKS node monitoring agent where it has the same flag.
 */

export interface Flag {
  readonly name: string
  readonly short?: string
  /** Placeholder of the value. Absent for a switch, which also accepts `=false`. */
  readonly value?: string
  readonly fallback?: string
  readonly env?: string
  readonly help: string
}

export const agentFlags = [
  {
    name: 'hostname-override',
    value: 'NAME',
    env: 'MY_NODE_NAME',
    help: 'name of this node in the cluster (default: the host name)',
  },
  { name: 'kubeconfig', value: 'FILE', env: 'KUBECONFIG', help: 'kubeconfig file for running outside a pod' },
  { name: 'host-root', value: 'DIR', fallback: '/', env: 'HOST_ROOT', help: 'where the machine’s / is mounted' },
  {
    name: 'metrics-address',
    value: 'ADDR',
    fallback: ':8080',
    help: 'where /metrics, /healthz and /readyz are served',
  },
  { name: 'probe-address', value: 'ADDR', help: 'serve the probes here too, e.g. :8081' },
  {
    name: 'state-file',
    value: 'FILE',
    fallback: '/var/lib/nodemend/state.json',
    help: 'state kept across restarts; under the host root',
  },
  {
    name: 'config',
    value: 'FILE',
    fallback: '/etc/nodemend/config.yaml',
    help: 'overrides per reason and code; under the host root',
  },
  { name: 'rules', value: 'DIR', help: 'rule packs (*.yaml), reloaded when they change' },
  {
    name: 'kmsg',
    value: 'FILE',
    fallback: '/dev/kmsg',
    help: 'the kernel log, or a file with its records; under the host root',
  },
  {
    name: 'accept-user-facility',
    fallback: 'true',
    help: 'let kernel log lines from user space turn a condition False; they are marked in any case',
  },
  {
    name: 'accept-old-lines',
    fallback: 'false',
    help: 'let lines from before the agent first ran on the node turn a condition False, even when nothing shows that the fault persists',
  },
  {
    name: 'conditions',
    value: 'FAMILY',
    fallback: 'own',
    help: 'npd: beside our conditions also KernelDeadlock, ReadonlyFilesystem, FrequentKubeletRestart and FrequentContainerdRestart, as the node problem detector writes them',
  },
  {
    name: 'node-health',
    fallback: 'true',
    help: 'write findings, devices with serial numbers and states of monitors as the NodeHealth of this node',
  },
  {
    name: 'emf',
    value: 'CLUSTER',
    help: 'also write a log line a minute from which CloudWatch makes metrics of this cluster; CloudWatch bills them',
  },
  {
    name: 'verbosity',
    short: 'v',
    value: 'N',
    fallback: '2',
    help: '0: warnings; 1 and 2: also reports and findings; 3 and more: everything',
  },
] as const satisfies readonly Flag[]

export type AgentFlag = (typeof agentFlags)[number]['name']
export type FlagValues = Partial<Record<AgentFlag, string>>

/** An invalid flag; the message says what to write. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
  readonly code = 'NM_CLI_FLAG'
}

const all: readonly Flag[] = agentFlags

/** Takes values from the command line, then the environment, then the defaults. Throws {@link FlagError}. */
export function parseAgentFlags(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): FlagValues {
  const given: Record<string, string> = {}
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const { flag, inline } = find(arg)
    const value = inline ?? (flag.value === undefined ? 'true' : rest.shift())
    if (value === undefined) throw new FlagError(`--${flag.name} needs a value: --${flag.name}=${flag.value}`)
    given[flag.name] = value
  }
  return withDefaults(given, env)
}

/** Adds values for flags missing on the command line. An empty environment variable counts as unset. */
export function withDefaults(given: FlagValues, env: Readonly<Record<string, string | undefined>>): FlagValues {
  const pairs = all.flatMap((flag) => {
    const value = given[flag.name as AgentFlag] ?? ((flag.env && env[flag.env]) || flag.fallback) // names of `all` are AgentFlags
    return value === undefined ? [] : [[flag.name, value] as const]
  })
  return Object.fromEntries(pairs)
}

function find(arg: string): { readonly flag: Flag; readonly inline: string | undefined } {
  const parts = /^(?:--(?<long>[a-z-]+)|-(?<short>[a-z]))(?:=(?<inline>.*))?$/s.exec(arg)?.groups
  const flag =
    parts && all.find((one) => one.name === parts.long || (one.short !== undefined && one.short === parts.short))
  if (!flag) throw new FlagError(`unknown argument ${arg}; known are ${all.map((one) => `--${one.name}`).join(' ')}`)
  return { flag, inline: parts.inline }
}
