/** `node bin/run.cjs test/cluster/main.ts up`: a cluster for a person; prints how to reach it and runs until Ctrl-C. */

import { parseArgs } from 'node:util'
import { startControlPlane } from './control-plane.ts'
import { startKarpenter } from './karpenter.ts'
import { addNodes, startKwok } from './kwok.ts'
import { nodeIdentities, startNode } from './node/node.ts'
import { preparePackages, thisMachine } from './node/packages.ts'
import { buildImage, shellFiles } from './node/small-image.ts'
import { NODE_TOOLS, type ToolName } from './tool-list.ts'
import { ensureTools } from './tools.ts'
import { growFleet } from './workload.ts'

const USAGE = `usage: node bin/run.cjs test/cluster/main.ts up [--nodes N] [--karpenter N [--repair SECONDS]] [--real NAME [--image FILE]]

  --nodes N          N modelled nodes, kept by kwok
  --karpenter N      a real Karpenter with N nodes and as many pods
  --repair SECONDS   let Karpenter itself replace a node whose condition was False for that long
  --real NAME        a real node with containerd and kubelet; needs root
  --image FILE       an OCI archive to import there; may be given again
`

const MODELLED_TOOLS: readonly ToolName[] = ['kwok', 'karpenter']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string' },
    karpenter: { type: 'string' },
    repair: { type: 'string' },
    real: { type: 'string' },
    image: { type: 'string', multiple: true },
  },
})
if (positionals[0] !== 'up') {
  process.stderr.write(USAGE)
  process.exit(2)
}

const log = (line: string): boolean => process.stderr.write(`${line}\n`)
const modelled = values.nodes !== undefined || values.karpenter !== undefined
const real = values.real
if (real !== undefined && !(await preparePackages(thisMachine, log)).available) process.exit(1)
const parts: readonly ToolName[] = [...(modelled ? MODELLED_TOOLS : []), ...(real === undefined ? [] : NODE_TOOLS)]
const tools = await ensureTools(parts, { log })
if (!tools.available) process.exit(1)
const identities = real === undefined ? {} : nodeIdentities(real)
const cluster = await startControlPlane({ controllerManager: true, scheduler: true, identities, log })
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
if (real !== undefined) {
  const ubuntu = buildImage({ name: 'docker.io/library/ubuntu:latest', files: shellFiles() })
  const node = await startNode(cluster, { name: real, images: values.image ?? [], registry: [ubuntu] })
  log(`${real} is a real node; its process 1 is ${node.pid} here`)
}
log('ready')
