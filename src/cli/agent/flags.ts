/**
 * The agent's flags as data: the command's `--help` and the agent's own small bundle, which has no command-line
 * library, both read them. Names follow the EKS node monitoring agent where it has one.
 */

export interface Flag {
  readonly name: string
  readonly short?: string
  /** Placeholder of the value; absent for a switch, which takes `=false` too. */
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
  { name: 'kubeconfig', value: 'FILE', env: 'KUBECONFIG', help: 'outside a pod: how to reach the cluster' },
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
    help: 'what survives restarts; under the host root',
  },
  {
    name: 'config',
    value: 'FILE',
    fallback: '/etc/nodemend/config.yaml',
    help: 'severities per reason and code; under the host root',
  },
  { name: 'rules', value: 'DIR', help: 'rule packs (*.yaml), reloaded when they change' },
  {
    name: 'kmsg',
    value: 'FILE',
    fallback: '/dev/kmsg',
    help: 'the kernel log, or a file that holds records; under the host root',
  },
  {
    name: 'accept-user-facility',
    fallback: 'true',
    help: 'lines that user space wrote to the kernel log may make a condition False; they are marked either way',
  },
  {
    name: 'accept-old-lines',
    fallback: 'false',
    help: 'what was logged before the agent first ran on the node may make a condition False although nothing shows that it still lasts',
  },
  {
    name: 'verbosity',
    short: 'v',
    value: 'N',
    fallback: '2',
    help: '0 warnings, 2 reports and findings, 3 and more everything',
  },
] as const satisfies readonly Flag[]

export type AgentFlag = (typeof agentFlags)[number]['name']
export type FlagValues = Partial<Record<AgentFlag, string>>

/** A flag that was not understood; the message says what to write. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
  readonly code = 'NM_CLI_FLAG'
}

const all: readonly Flag[] = agentFlags

/** Values from the command line, else the environment, else the defaults. Throws {@link FlagError}. */
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

/** Fills in what the command line did not give. An empty environment variable counts as unset. */
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
