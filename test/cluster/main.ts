/** `node bin/run.cjs test/cluster/main.ts up`: a cluster for a person; prints how to reach it and runs until Ctrl-C. */

import { parseArgs } from 'node:util'
import { startControlPlane } from './control-plane.ts'
import { startKarpenter } from './karpenter.ts'
import { addNodes, startKwok } from './kwok.ts'
import { ensureTools } from './tools.ts'
import { growFleet } from './workload.ts'

const USAGE = `usage: node bin/run.cjs test/cluster/main.ts up [--nodes N] [--karpenter N [--repair SECONDS]]

  --nodes N          N modelled nodes, kept by kwok
  --karpenter N      a real Karpenter with N nodes and as many pods
  --repair SECONDS   let Karpenter itself replace a node whose condition was False for that long
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string' }, karpenter: { type: 'string' }, repair: { type: 'string' } },
})
if (positionals[0] !== 'up') {
  process.stderr.write(USAGE)
  process.exit(2)
}

const log = (line: string): boolean => process.stderr.write(`${line}\n`)
const modelled = values.nodes !== undefined || values.karpenter !== undefined
const tools = await ensureTools(modelled ? ['kwok', 'karpenter'] : [], { log })
if (!tools.available) process.exit(1)
const cluster = await startControlPlane({ controllerManager: true, scheduler: true, log })
log(`Logs are in ${cluster.folder}. Ctrl-C ends everything.`)
process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig('admin')}\n`)
if (modelled) startKwok(cluster)
if (values.nodes) {
  await addNodes(
    cluster,
    Array.from({ length: Number(values.nodes) }, (_, index) => ({ name: `modelled-${index + 1}` })),
  )
}
if (values.karpenter) {
  const toleration = values.repair === undefined ? {} : { tolerationSeconds: Number(values.repair) }
  await startKarpenter(cluster, { nodeRepair: values.repair !== undefined, ...toleration })
  log(`Karpenter made ${(await growFleet(cluster, Number(values.karpenter))).nodes.join(', ')}`)
}
log('ready')
