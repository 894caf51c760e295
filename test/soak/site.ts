/** The site of a soak: the embedded API server with modelled machines, a proxy that makes the outage, and our two programs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Exchange, type ServerProxy, startProxy } from '../../bench/server/proxy.ts'
import { startModels } from '../../src/embedded/model/models.ts'
import type { Model } from '../../src/embedded/model/reconciler.ts'
import { type Embedded, startEmbedded } from '../../src/embedded/server.ts'
import type { Api } from '../../src/kube/api.ts'
import { connectTo } from '../../src/kube/connect.ts'
import { crds } from '../../src/repair/crds.ts'
import { type Random, systemClock } from '../../src/telemetry/clock.ts'
import { writeKubeconfig } from '../cluster/kubeconfig.ts'
import { ProcessGroup } from '../cluster/process/processes.ts'

/** The modelled group that the controller repairs. */
export const pool = { name: 'pool', size: 6 } as const

export interface Site {
  readonly server: Embedded
  /** Directly to the server, for the soak's own calls. */
  readonly api: Api
  readonly proxy: ServerProxy
  /** For the programs under test: through the proxy. */
  readonly kubeconfig: string
  readonly folder: string
  readonly processes: ProcessGroup
  /** Ends everything; keeps the folder with the programs' logs and state when asked. */
  close(keepFolder?: boolean): Promise<void>
}

/** Starts it; `onAnswer` sees every answer that a program under test gets. */
export async function startSite(random: Random, onAnswer: (exchange: Exchange) => void): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-soak-'))
  const clock = systemClock
  const server = await startEmbedded({ clock, random, crds: crds() as never, historySize: 200_000 }) // CRDs are plain JSON
  const models: Model = startModels(server.cluster, {
    groups: [{ ...pool, replaceMs: 500 }],
    kubelet: { podStartMs: 100, podStopMs: 200, nodeReadyMs: 200 },
  })
  const proxy = await startProxy({ url: server.url, onAnswer })
  const api = connectTo({ server: server.url, token: () => server.token }, { clock, random })
  const kubeconfig = join(folder, 'kubeconfig')
  const caFile = join(folder, 'ca.crt')
  writeFileSync(caFile, server.ca)
  writeKubeconfig(kubeconfig, { url: proxy.url, caFile, token: server.token, user: 'soak' })
  const processes = new ProcessGroup(folder)
  return {
    server,
    api,
    proxy,
    kubeconfig,
    folder,
    processes,
    close: async (keepFolder = false) => {
      await processes.stop(0)
      if (!keepFolder) rmSync(folder, { recursive: true, force: true })
      api.close()
      await proxy.close()
      models.stop()
      await server.stop()
    },
  }
}
