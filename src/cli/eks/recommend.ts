/** `nodemend eks recommend`: the version of the monitoring add-on that EKS recommends for a cluster. */
import type { Command } from 'commander'
import { CommandError, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print, tableText } from '../output.ts'
import { type Recommendation, recommend } from './addon-version.ts'
import { type EksApi, openEks } from './eks-api.ts'
import { type EksFlags, eksSubcommand, monitoringAddon, optionsOf } from './flags.ts'

interface Flags extends EksFlags {
  readonly addon: string
  readonly output: OutputFormat
}

export function recommendCommand(io: Io): Command {
  return eksSubcommand('recommend', 'say which version of the add-on EKS recommends for a cluster')
    .option('--addon <NAME>', 'the add-on', monitoringAddon)
    .addOption(outputOption())
    .action(async (cluster: string, flags: Flags) => {
      const found = await recommendFor(await openEks(optionsOf(flags)), cluster, flags.addon)
      print(io, flags.output, found, () => {
        const { addon, kubernetes, recommended, newest } = found
        return tableText(['ADD-ON', 'KUBERNETES', 'RECOMMENDED', 'NEWEST'], [[addon, kubernetes, recommended, newest]])
      })
    })
}

/** Rejects with `NM_EKS_ADDON` where no version fits. */
export async function recommendFor(eks: EksApi, cluster: string, addon: string): Promise<Recommendation> {
  const { version = '' } = await eks.cluster(cluster)
  const found = recommend(addon, version, await eks.addonVersions(addon, version))
  if (found) return found
  const remedy = 'aws eks describe-addon-versions lists the add-ons that exist'
  throw new CommandError(
    'NM_EKS_ADDON',
    `no version of add-on ${addon} fits Kubernetes ${version} of ${cluster}; ${remedy}`,
  )
}
