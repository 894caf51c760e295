/** `nodemend eks install`: installs the monitoring add-on through the EKS API, or shows the call. */
import type { Command } from 'commander'
import { CommandError, type Io } from '../io.ts'
import { awsCommand } from './aws-command.ts'
import { openEks } from './eks-api.ts'
import { type EksFlags, eksSubcommand, monitoringAddon, optionsOf } from './flags.ts'
import { recommendFor } from './recommend.ts'

interface Flags extends EksFlags {
  readonly addon: string
  readonly addonVersion?: string
  readonly dryRun?: boolean
}

export function installCommand(io: Io): Command {
  return eksSubcommand('install', 'install the monitoring add-on in the version that EKS recommends')
    .option('--addon <NAME>', 'the add-on', monitoringAddon)
    .option('--addon-version <VERSION>', 'its version (default: the recommended one)')
    .option('--dry-run', 'print the aws command that does the same, and send nothing')
    .action(async (clusterName: string, flags: Flags) => {
      const { addon: addonName, region, dryRun = false } = flags
      const eks = await openEks(optionsOf(flags))
      const addonVersion = flags.addonVersion ?? (await recommendFor(eks, clusterName, addonName)).recommended
      const input = { clusterName, addonName, addonVersion }
      if (dryRun) return io.stdout(`${awsCommand('create-addon', input, region)}\n`)
      const present = await eks.addon(clusterName, addonName)
      if (present) {
        const remedy = `${awsCommand('update-addon', input, region)} changes its version`
        const what = `${clusterName} has ${addonName} ${present.addonVersion ?? ''} already (${present.status})`
        throw new CommandError('NM_EKS_PRESENT', `${what}; ${remedy}`)
      }
      const made = await eks.createAddon(input)
      io.stdout(`${addonName} ${addonVersion} is being installed in ${clusterName} (${made?.status ?? 'CREATING'})\n`)
      io.stdout(`see: kubectl get pods -n kube-system -l app.kubernetes.io/instance=${addonName}\n`)
    })
}
