/** The flags that every subcommand of `nodemend eks` has. */
import { Command } from 'commander'

/** The add-on of the EKS guide: the EKS node monitoring agent. */
export const monitoringAddon = 'eks-node-monitoring-agent'

export interface EksFlags {
  readonly region?: string
  readonly endpointUrl?: string
}

/** A subcommand for one cluster. */
export function eksSubcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<cluster>', 'name of the EKS cluster')
    .option('--region <REGION>', 'AWS region (default: as the aws command finds it)')
    .option('--endpoint-url <URL>', 'another address of the EKS API')
}

export function optionsOf({ region, endpointUrl }: EksFlags) {
  return { ...(region && { region }), ...(endpointUrl && { endpoint: endpointUrl }) }
}
