import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { lookAt, looker } from '../../testing/look-at.ts'
import { certificates } from './monitor.ts'

/** Made for this test, for a year; its key is not kept. */
const pem = `-----BEGIN CERTIFICATE-----
MIIBkjCCATmgAwIBAgIUPh3JnwkQS0rK59B8G1h2jrIu42owCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUc3lzdGVtOm5vZGU6d29ya2VyLTEwHhcNMjYxMTI5MDE0NDI4
WhcNMjcxMTI5MDE0NDI4WjAfMR0wGwYDVQQDDBRzeXN0ZW06bm9kZTp3b3JrZXIt
MTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEFMRRrxYvP00C69oz7D/C1scBNt
bEogyn/ufEz4/YasWJcyAwpyP0//IeujUAGgMc87uK5F1IiVsLG0kHfME+WjUzBR
MB0GA1UdDgQWBBTGXq3HEWxsPgxeuMay0q0mnDjleDAfBgNVHSMEGDAWgBTGXq3H
EWxsPgxeuMay0q0mnDjleDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cA
MEQCIEUrK+YKQMOTNZoiQuvYchEoZhKb5cBOJ4FxnuWQOVGTAiB9q+gry7jIigp5
CLH8YCpCBI+Kfjth3UsSWGHddPNFkQ==
-----END CERTIFICATE-----
`
const key = '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n'
const until = Date.parse(new X509Certificate(pem).validTo)
const day = 86_400_000

/** What is said of kubelet's client certificate `before` milliseconds before its end. */
async function seen(t: TestContext, before: number) {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-pki-'))
  t.after(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'var/lib/kubelet/pki')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'kubelet-client-2026.pem'), pem + key)
  symlinkSync('/var/lib/kubelet/pki/kubelet-client-2026.pem', join(folder, 'kubelet-client-current.pem'))
  const { look, clock } = looker(certificates, root)
  clock.skew(until - before - clock.now())
  return look()
}
const path = '/var/lib/kubelet/pki/kubelet-client-current.pem'
const end = `${new Date(until).toISOString().slice(0, 19)}Z`

describe('certificates', () => {
  it('is quiet while kubelet has time to renew its own', async (t) => {
    const { state, levels, gauges } = await seen(t, 40 * day)
    assert.deepEqual([state, levels], ['checked', []])
    assert.ok(gauges.includes('nodemend_certificates_left_hours{device="kubelet-client"} 960'), gauges.join('\n'))
  })

  it('says that renewing failed when less than 5 % of the life are left', async (t) => {
    assert.deepEqual((await seen(t, 18 * day)).levels, [
      `over CertificateExpiring: ${path} expires at ${end} on kubelet-client`,
    ])
    assert.match((await seen(t, 25 * day)).levels[0] ?? '', /^held CertificateExpiring/)
  })

  it('says that it has expired', async (t) => {
    assert.ok(
      (await seen(t, -day)).levels.includes(`over CertificateExpired: ${path} expired at ${end} on kubelet-client`),
    )
  })

  it('is absent without certificates, and blind where one cannot be read', async () => {
    assert.match((await lookAt(certificates, {})).absent ?? '', /no certificates/)
    const damaged = { [path.slice(1)]: pem.replace('MII', 'XXX') }
    assert.match((await lookAt(certificates, damaged)).why ?? '', /holds no certificate/)
  })
})
