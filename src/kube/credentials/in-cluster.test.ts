import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { nodes } from '../api.ts'
import { json, over, startScripted, transports } from '../testing/scripted-server.ts'
import { authority, otherAuthority, serverCert, serverKey } from '../testing/tls-fixture.ts'
import { inClusterConfig, isInCluster } from './in-cluster.ts'

/** A mounted service account as kubelet makes it: files are links into `..data`, which is a link that is swapped. */
function mountAccount(t: TestContext): { root: string; rotate: (token: string, ca: string) => void } {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-account-'))
  t.after(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount')
  mkdirSync(folder, { recursive: true })
  for (const name of ['token', 'ca.crt']) symlinkSync(join('..data', name), join(folder, name))
  let generation = 0
  const rotate = (token: string, ca: string): void => {
    const data = `..generation-${generation++}`
    mkdirSync(join(folder, data))
    writeFileSync(join(folder, data, 'token'), token)
    writeFileSync(join(folder, data, 'ca.crt'), ca)
    symlinkSync(data, join(folder, '..next'))
    renameSync(join(folder, '..next'), join(folder, '..data'))
  }
  return { root, rotate }
}

for (const [transportName, transport] of transports) {
  describe(`over ${transportName}`, () => {
    const { connect } = over(transport)

    describe('in a pod', () => {
      it('a rotated token and CA take effect with the next call', async (t) => {
        const server = await startScripted((_seen, response) => json(response, 200, {}), {
          tls: { cert: serverCert, key: serverKey },
        })
        t.after(() => server.close())
        const { root, rotate } = mountAccount(t)
        rotate('first\n', authority)
        const port = new URL(server.url).port
        const config = inClusterConfig({
          root,
          env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port },
        })
        const { api } = connect(t, config)
        const call = { verb: 'get', resource: nodes, name: 'x' } as const
        await api.request(call)
        rotate('second', authority)
        await api.request(call)
        assert.deepEqual(
          server.requests.map((seen) => seen.headers.authorization),
          ['Bearer first', 'Bearer second'],
        )
        assert.equal(server.connections().opened, 1)
        rotate('third', otherAuthority)
        await assert.rejects(api.request(call), { code: 'NM_KUBE_TLS' })
      })

      it('the address may be IPv6, and the https port wins', (t) => {
        const { root, rotate } = mountAccount(t)
        rotate('x', authority)
        const env = {
          KUBERNETES_SERVICE_HOST: 'fd00::1',
          KUBERNETES_SERVICE_PORT: '80',
          KUBERNETES_SERVICE_PORT_HTTPS: '8443',
        }
        assert.equal(inClusterConfig({ root, env }).server, 'https://[fd00::1]:8443')
        assert.equal(isInCluster({ env }), true)
      })

      it('a missing mount and a missing environment say what to do', (t) => {
        const { root } = mountAccount(t)
        assert.equal(isInCluster({ env: {} }), false)
        assert.throws(() => inClusterConfig({ root, env: {} }), /KUBERNETES_SERVICE_HOST is not set.*--kubeconfig/)
        assert.throws(
          () => inClusterConfig({ root, env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }),
          /serviceaccount\/token cannot be read; mount the service account/,
        )
      })
    })
  })
}
