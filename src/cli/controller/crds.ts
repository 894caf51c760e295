/** `nodemend crds`: what the cluster has to know before anything else, for `kubectl apply -f -`. */
import { Command } from 'commander'
import { stringify } from 'yaml'
import { crds } from '../../repair/crds.ts'
import type { Io } from '../io.ts'

export function crdsCommand(io: Io): Command {
  return new Command('crds').description('print the CustomResourceDefinitions, for kubectl apply -f -').action(() => {
    const documents = crds().map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false }))
    io.stdout(documents.join('---\n'))
  })
}
