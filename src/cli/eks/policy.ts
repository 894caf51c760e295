/** `nodemend eks policy`: what IAM has to allow a controller that repairs the managed node groups of a cluster. */
import { Command } from 'commander'
import { iamPolicy } from '../../providers/eks/iam.ts'
import type { Io } from '../io.ts'

export function policyCommand(io: Io): Command {
  return new Command('policy')
    .description('print the least IAM policy for a controller with the provider eks, or auto-scaling')
    .argument('<cluster>', 'name of the cluster')
    .option(
      '--self-managed',
      'for the provider auto-scaling: groups with the tag kubernetes.io/cluster/<cluster>=owned',
    )
    .action((cluster: string, { selfManaged = false }: { readonly selfManaged?: boolean }) =>
      io.stdout(`${JSON.stringify(iamPolicy(cluster, !selfManaged), null, 2)}\n`),
    )
}
