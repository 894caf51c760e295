/** `nodemend controller`: the cluster half. The flags are here, the parts are in `run.ts`. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { formatDuration, parseDuration } from '../../catalog/duration.ts'
import { awsCloud } from '../../providers/eks/aws.ts'
import { anyNodeFlag } from '../../providers/embedded/provider.ts'
import type { ProviderParts } from '../../providers/provider.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { webhookSettings } from '../../providers/webhook/send.ts'
import { onNodeFlag } from '../../repair/decide/gates/provider.ts'
import {
  type KarpenterNodeRepair,
  karpenterNodeRepairChoices,
  karpenterNodeRepairFlag,
} from '../../repair/observe/karpenter-repair.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { providersOption } from '../cluster/providers-option.ts'
import { CommandError, type Io } from '../io.ts'
import { type RunControllerOptions, runController } from './run.ts'
import { readSuggestions } from './suggestions.ts'

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly leaseDuration: number
  readonly identity?: string
  readonly metricsAddress: string
  readonly probeAddress?: string
  readonly interval: number
  readonly settle: number
  readonly providers: readonly ProviderName[]
  readonly karpenterNodeRepair: KarpenterNodeRepair
  readonly allowEmbeddedOnARealCluster?: boolean
  readonly eksCluster?: string
  readonly awsRegion?: string
  readonly awsReplaceFirst?: boolean
  readonly webhookUrl?: string
  readonly webhookSecretFile?: string
  readonly onNodeImage?: string
  readonly onNodePullSecrets?: string
  readonly verbosity: string
}

export function controllerCommand(io: Io): Command {
  return new Command('controller')
    .description('decide about sick nodes, and repair them as the policies allow')
    .option('--kubeconfig <FILE>', 'outside a pod: how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the leader lease (default: the pod’s or the context’s, else default)')
    .option('--lease-name <NAME>', 'name of the leader lease', 'nodemend-controller')
    .addOption(durationOption('--lease-duration', 'how long a silent leader keeps the others waiting', 15_000))
    .option('--identity <NAME>', 'who holds the lease (default: the host name and a random part)')
    .option('--metrics-address <ADDR>', 'where /metrics, /healthz and /readyz are served', ':8082')
    .option('--probe-address <ADDR>', 'serve the probes here too, e.g. :8083')
    .addOption(durationOption('--interval', 'between passes over a quiet cluster', 10_000))
    .addOption(durationOption('--settle', 'after an outage of the API server, before anything is done', 300_000))
    .addOption(providersOption('who may act on nodes, in the order in which they are asked'))
    .addOption(
      new Option(
        `${karpenterNodeRepairFlag} <STATE>`,
        'whether Karpenter repairs its nodes itself, where its Deployment does not tell',
      )
        .choices(karpenterNodeRepairChoices)
        .default('detect'),
    )
    .option(anyNodeFlag, 'provider embedded deletes Node objects also of machines that are not modelled')
    .option('--eks-cluster <NAME>', 'provider eks: the cluster whose managed node groups it repairs')
    .option('--aws-region <REGION>', 'providers eks, auto-scaling: region of the cluster (default: AWS_REGION)')
    .option('--aws-replace-first', 'providers eks, auto-scaling: start the replacement first, where the group has room')
    .option('--webhook-url <URL>', 'provider webhook: base address of the service that reboots and replaces machines')
    .option('--webhook-secret-file <FILE>', 'provider webhook: file with the key of the signature')
    .option(
      `${onNodeFlag} <IMAGE>`,
      'carry out RestartService and ResetGPU by pods of this image, the agent’s, on nodes',
    )
    .option('--on-node-pull-secrets <NAMES>', 'Secrets with the credentials of its registry, comma-separated')
    .option('--verbosity <N>', '0 warnings, 2 decisions and phases, 3 and more everything', '2')
    .action((flags: Flags) => start(flags, io))
}

async function start(flags: Flags, io: Io): Promise<void> {
  const { api, namespace } = await clusterApi(flags, 'controller', io)
  const host = io.env.HOSTNAME ?? 'controller'
  const home = flags.namespace ?? namespace ?? 'default'
  const options = {
    namespace: home,
    leaseName: flags.leaseName,
    leaseMs: flags.leaseDuration,
    identity: flags.identity ?? `${host}-${Math.floor(io.random() * 0x100000000).toString(36)}`,
    metricsAddress: flags.metricsAddress,
    ...(flags.probeAddress !== undefined && { probeAddress: flags.probeAddress }),
    intervalMs: flags.interval,
    settleMs: flags.settle,
    providers: flags.providers,
    karpenterNodeRepair: flags.karpenterNodeRepair,
    settings: {
      embedded: { anyNode: flags.allowEmbeddedOnARealCluster ?? false },
      ...webhookOf(flags),
      ...awsOf(flags),
    },
    ...onNodeOf(flags, home),
    suggestions: readSuggestions(io.programFile),
    level: levelOf(flags.verbosity),
  }
  try {
    await runController(options, { ...io, api, write: io.stdout })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new CommandError('NM_CLI_ADDRESS', `${(error as Error).message}; choose another with --metrics-address`)
  } finally {
    api.close()
  }
}

/** Both or none, and not without them where the provider is asked for: a repair is too late to learn that. */
function webhookOf({ providers, webhookUrl, webhookSecretFile }: Flags): Pick<ProviderParts, 'webhook'> {
  if (webhookUrl !== undefined && webhookSecretFile !== undefined)
    return { webhook: webhookSettings(webhookUrl, webhookSecretFile) }
  if (webhookUrl === undefined && webhookSecretFile === undefined && !providers.includes('webhook')) return {}
  throw new CommandError('NM_WEBHOOK_SETTINGS', 'provider webhook needs both --webhook-url and --webhook-secret-file')
}

/** Its pods are in the namespace of the controller. */
function onNodeOf(
  { onNodeImage: image, onNodePullSecrets }: Flags,
  namespace: string,
): Pick<RunControllerOptions, 'onNode'> {
  if (image === undefined) return {}
  const imagePullSecrets = onNodePullSecrets?.split(',').map((name) => name.trim())
  return { onNode: { namespace, image, ...(imagePullSecrets && { imagePullSecrets }) } }
}

/** A cluster is needed where the provider eks is asked for: a repair is too late to learn that. */
function awsOf(flags: Flags): Pick<ProviderParts, 'eks' | 'autoScaling'> {
  const { providers, eksCluster: cluster, awsRegion: region, awsReplaceFirst: replaceFirst = false } = flags
  if (providers.includes('eks') && cluster === undefined)
    throw new CommandError('NM_EKS_SETTINGS', 'provider eks needs --eks-cluster, the name of the cluster in EKS')
  const cloud = awsCloud({ ...(cluster !== undefined && { cluster }), ...(region !== undefined && { region }) })
  const settings = { cloud, replaceFirst }
  return {
    ...(providers.includes('eks') && { eks: settings }),
    ...(providers.includes('auto-scaling') && { autoScaling: settings }),
  }
}

/** The help says the default as people write it; the program counts milliseconds. */
function durationOption(flag: string, description: string, defaultMs: number): Option {
  return new Option(`${flag} <DURATION>`, description).argParser(duration).default(defaultMs, formatDuration(defaultMs))
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('Write a duration such as 10s or 5m.')
  return ms
}

function levelOf(verbosity: string): 'warn' | 'info' | 'debug' {
  const level = Number(verbosity)
  if (level >= 3) return 'debug'
  return level >= 2 ? 'info' : 'warn'
}
