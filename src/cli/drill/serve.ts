/** `nodemend drill serve`: runs the FaultDrills of a cluster until it is told to end. */
import { Command } from 'commander'
import { serveDrills } from '../../drill/control/serve.ts'
import { createLog } from '../../telemetry/log.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import type { Io } from '../io.ts'
import { knownSubjects, subjectFor } from './known-subjects.ts'
import { domainLabelOption, imageOption, perDomainOption } from './options.ts'

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly image: string
  readonly identity?: string
  readonly domainLabel: string
  readonly perDomain: number
}

export function drillServeCommand(io: Io): Command {
  return new Command('serve')
    .description('run the FaultDrills of a cluster, until SIGTERM')
    .option('--kubeconfig <FILE>', 'outside a pod: how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the Jobs (default: the pod’s or the context’s, else default)')
    .option('--identity <NAME>', 'who runs the drills (default: the host name)')
    .addOption(imageOption())
    .addOption(domainLabelOption())
    .addOption(perDomainOption())
    .action((flags: Flags) => serve(flags, io))
}

async function serve(flags: Flags, io: Io): Promise<void> {
  const { clock, random, signal, env } = io
  const { api, namespace = 'default' } = await clusterApi(flags, 'drills', io)
  const holder = flags.identity ?? env.HOSTNAME ?? 'nodemend-drills'
  const log = createLog({ clock, hostname: holder, level: 'info', write: io.stdout })
  const known = knownSubjects(io)
  const { image, domainLabel, perDomain } = flags
  try {
    await serveDrills({
      api,
      clock,
      random,
      log,
      signal,
      holder,
      namespace: flags.namespace ?? namespace,
      image,
      limits: { domainLabel, perDomain },
      subjectOf: ({ reason, injection, mode }) => subjectFor(reason, injection, mode, known),
    })
  } finally {
    api.close()
  }
}
