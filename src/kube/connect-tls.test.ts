import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { nodes } from './api.ts'
import { json, over, rejected, type Script, transports, until } from './testing/scripted-server.ts'
import { authority, clientCert, clientKey, otherAuthority, serverCert, serverKey } from './testing/tls-fixture.ts'

for (const [transportName, transport] of transports) {
  describe(`over ${transportName}`, () => {
    const { connect, pair } = over(transport)

    describe('over TLS', () => {
      const tls = { cert: serverCert, key: serverKey, ca: authority, requestCert: true, rejectUnauthorized: false }
      const peerOf: Script = (seen, response) => {
        const socket = seen.socket as TLSSocket // the server speaks TLS
        json(response, 200, { who: socket.getPeerCertificate().subject?.CN, trusted: socket.authorized })
      }
      const get = { verb: 'get', resource: nodes, name: 'x' } as const

      it('trusts the given CA and shows its client certificate, over one socket', async (t) => {
        const { api, server } = await pair(t, peerOf, {
          tls,
          config: { ca: authority, clientCert: { cert: clientCert, key: clientKey } },
        })
        for (let call = 0; call < 5; call++) {
          assert.deepEqual(await api.request(get), { who: 'test-admin', trusted: true })
        }
        assert.equal(server.connections().opened, 1)
      })

      it('says that the CA does not fit', async (t) => {
        for (const ca of [{}, { ca: otherAuthority }]) {
          const error = await rejected((await pair(t, peerOf, { tls, config: ca })).api.request(get))
          assert.equal(error.code, 'NM_KUBE_TLS')
          assert.match(error.message, /not signed by the configured CA: check certificate-authority/)
        }
      })

      it('says that the certificate is for another name', async (t) => {
        const { api } = await pair(t, peerOf, { tls, config: { ca: authority, serverName: 'api.example.org' } })
        assert.match((await rejected(api.request(get))).message, /for another name/)
      })

      it('accepts any certificate only with insecureSkipTlsVerify', async (t) => {
        const { api } = await pair(t, peerOf, { tls, config: { insecureSkipTlsVerify: true } })
        assert.deepEqual(await api.request(get), { trusted: false })
      })

      it('opens new sockets when the client certificate or the CA rotates', async (t) => {
        let ca = otherAuthority
        let own: { cert: string; key: string } | undefined
        const { api, server } = await pair(t, peerOf, { tls, config: { ca: () => ca, clientCert: async () => own } })
        assert.equal((await rejected(api.request(get))).code, 'NM_KUBE_TLS')
        ca = authority
        assert.deepEqual(await api.request(get), { trusted: false })
        own = { cert: clientCert, key: clientKey }
        assert.deepEqual(await api.request(get), { who: 'test-admin', trusted: true })
        assert.equal(server.connections().opened, 3)
        await until(() => server.connections().open === 1, 'the sockets of the old material are closed')
      })

      it('names an http server behind an https address', async (t) => {
        const { server } = await pair(t, peerOf)
        const { api } = connect(t, { server: server.url.replace('http:', 'https:') })
        assert.match((await rejected(api.request(get))).message, /is it an http address\?/)
      })
    })
  })
}
