/** `nodemend eks policy`: what IAM has to allow a controller that repairs the managed node groups of a cluster. */
import { Command } from 'commander'
import { iamPolicy } from '../../providers/eks/iam.ts'
import type { Io } from '../io.ts'

export function policyCommand(io: Io): Command {
  return new Command('policy')
    .description('print the least IAM policy for a controller with the provider eks')
    .argument('<cluster>', 'name of the EKS cluster')
    .action((cluster: string) => io.stdout(`${JSON.stringify(iamPolicy(cluster), null, 2)}\n`))
}
