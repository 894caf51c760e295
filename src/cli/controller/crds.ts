/** `nodemend crds`: what the cluster has to know before anything else, for `kubectl apply -f -`. */
import { Command } from 'commander'
import { stringify } from 'yaml'
import { definitions } from '../../drill/control/definitions.ts'
import { admissionWarnings } from '../../repair/policy/admission.ts'
import type { Io } from '../io.ts'

export function crdsCommand(io: Io): Command {
  return new Command('crds')
    .description('print what the cluster has to know, for kubectl apply -f -')
    .option('--no-warnings', 'definitions alone, without the admission policy that warns (Kubernetes 1.30 and newer)')
    .action(({ warnings }: { readonly warnings: boolean }) => {
      const objects = [...definitions(), ...(warnings ? admissionWarnings() : [])]
      io.stdout(objects.map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'))
    })
}
