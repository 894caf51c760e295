/** `node test/cluster/main.ts up`: a cluster for a person; prints how to reach it and runs until Ctrl-C. */

import { startControlPlane } from './control-plane.ts'

if (process.argv[2] !== 'up') {
  process.stderr.write('usage: node test/cluster/main.ts up\n')
  process.exit(2)
}

const cluster = await startControlPlane({ controllerManager: true, scheduler: true })
process.stdout.write(
  `export KUBECONFIG=${cluster.kubeconfig('admin')}\nLogs are in ${cluster.folder}. Ctrl-C ends it.\n`,
)
