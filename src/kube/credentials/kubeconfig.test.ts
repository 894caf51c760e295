import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { SteppedClock } from '../../telemetry/clock.ts'
import { nodes } from '../api.ts'
import type { ConnectionConfig } from '../connection.ts'
import { connect, failure, json, pair, rejected, startScripted } from '../testing/scripted-server.ts'
import { authority, clientCert, clientKey, serverCert, serverKey } from '../testing/tls-fixture.ts'
import { loadKubeconfig } from './kubeconfig.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const get = { verb: 'get', resource: nodes, name: 'x' } as const

/** One cluster `c`, one context `main` of user `u`, whose section is `user` (YAML, indented by four). */
function kubeconfig(server: string, user: string, cluster = ''): string {
  return `apiVersion: v1
kind: Config
current-context: main
clusters:
- name: c
  cluster:
    server: ${server}
${cluster}
users:
- name: u
  user:
${user}
contexts:
- name: main
  context: {cluster: c, user: u, namespace: shop}
`
}

function folder(t: TestContext): (name: string, text: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-kubeconfig-'))
  t.after(() => rmSync(root, { recursive: true }))
  return (name, text) => {
    writeFileSync(join(root, name), text)
    return join(root, name)
  }
}

/** Reads from a table of files. */
function files(table: Readonly<Record<string, string>>): (path: string) => Promise<string> {
  return async (path) => {
    const text = table[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  }
}

describe('a kubeconfig', () => {
  it('gives server, CA, token and namespace', async () => {
    const ca = `    certificate-authority-data: ${base64(authority)}\n    tls-server-name: api`
    const text = kubeconfig('https://10.0.0.1:6443', '    token: secret', ca)
    const config = await loadKubeconfig({
      env: { HOME: '/home/me' },
      readFile: files({ '/home/me/.kube/config': text }),
    })
    assert.equal(config.server, 'https://10.0.0.1:6443')
    assert.equal(String(config.ca), authority)
    assert.equal(config.serverName, 'api')
    assert.equal(config.namespace, 'shop')
    assert.equal(await tokenOf(config), 'secret')
  })

  it('may be several files, of which the first wins, and another context', async () => {
    const first = `current-context: two\nusers:\n- {name: u, user: {token: mine}}\n`
    const second = `${kubeconfig('https://one', '    token: theirs')}- {name: two, context: {cluster: c, user: u}}\n`
    const env = { KUBECONFIG: '/a:/missing:/b' }
    const config = await loadKubeconfig({ env, readFile: files({ '/a': first, '/b': second }) })
    assert.equal(await tokenOf(config), 'mine')
    assert.equal(config.namespace, undefined)
    const main = await loadKubeconfig({ env, context: 'main', readFile: files({ '/a': first, '/b': second }) })
    assert.equal(main.namespace, 'shop')
  })

  it('reads CA, certificate and key from files beside it, and connects with them', async (t) => {
    const tls = { cert: serverCert, key: serverKey, ca: authority, requestCert: true, rejectUnauthorized: true }
    const server = await startScripted((_seen, response) => json(response, 200, { ok: true }), { tls })
    t.after(() => server.close())
    const write = folder(t)
    write('ca.crt', authority)
    write('me.crt', clientCert)
    write('me.key', clientKey)
    const user = '    client-certificate: me.crt\n    client-key: me.key'
    const path = write('config', kubeconfig(server.url, user, '    certificate-authority: ca.crt'))
    const { api } = connect(t, await loadKubeconfig({ path, env: {}, readFile }))
    assert.deepEqual(await api.request(get), { ok: true })
  })

  it('reads a token file before each call', async (t) => {
    const { server } = await pair(t, (_seen, response) => json(response, 200, {}))
    const write = folder(t)
    write('token', 'one\n')
    const path = write('config', kubeconfig(server.url, '    tokenFile: token'))
    const { api } = connect(t, await loadKubeconfig({ path, env: {}, readFile }))
    await api.request(get)
    write('token', 'two\n')
    await api.request(get)
    assert.deepEqual(
      server.requests.map((seen) => seen.headers.authorization),
      ['Bearer one', 'Bearer two'],
    )
  })

  it('sends basic credentials and impersonation', async (t) => {
    const { server } = await pair(t, (_seen, response) => json(response, 200, {}))
    const text = kubeconfig(server.url, '    username: me\n    password: pass\n    as: somebody')
    const { api } = connect(t, await loadKubeconfig({ path: '/k', env: {}, readFile: files({ '/k': text }) }))
    await api.request(get)
    assert.equal(server.requests[0]?.headers.authorization, `Basic ${base64('me:pass')}`)
    assert.equal(server.requests[0]?.headers['impersonate-user'], 'somebody')
  })
})

describe('a bad kubeconfig names file, line and remedy', () => {
  const server = 'https://10.0.0.1'
  const cases: readonly [string, string, RegExp][] = [
    ['no YAML', 'a: [\n', /^\/k:\d: is not YAML/],
    ['L17: an alias of nothing', 'clusters: *gone', /^\/k:1: cannot be read: Unresolved alias/],
    ['empty', '', /^\/k:1: is empty/],
    ['no current-context', 'clusters: []', /^\/k: no current-context is set; choose one with --context/],
    ['a list that is none', 'clusters: 3', /^\/k:1: "clusters" must be a list/],
    ['an entry without name', 'clusters:\n- cluster: {}', /^\/k:2: this entry of "clusters" has no name/],
    ['an entry without section', 'users:\n\n- name: u', /^\/k:3: "u" has no "user" section/],
    [
      'an unknown context',
      kubeconfig(server, '    {}').replace('t: main', 't: other'),
      /no context "other"; known: main/,
    ],
    [
      'an unknown cluster',
      kubeconfig(server, '    {}').replace('cluster: c,', 'cluster: d,'),
      /^\/k:14: .*no cluster "d"; known: c/,
    ],
    ['no server', kubeconfig('', '    {}'), /^\/k:5: cluster "c" has no server; write server: https/],
    ['a proxy', kubeconfig(server, '    {}', '    proxy-url: http://p'), /proxy-url.*use kubectl proxy/],
    [
      'a CA that is not there',
      kubeconfig(server, '    {}', '    certificate-authority: ca'),
      /^\/k:5: \/ca cannot be read/,
    ],
    [
      'a certificate without key',
      kubeconfig(server, '    client-certificate-data: eA=='),
      /^\/k:10: user "u" needs .* together/,
    ],
    [
      'exec without command',
      kubeconfig(server, '    exec: {}'),
      /^\/k:10: user "u" has an exec section without command/,
    ],
  ]
  for (const [name, text, message] of cases) {
    it(name, async () => {
      const error = await rejected(loadKubeconfig({ path: '/k', env: {}, readFile: files({ '/k': text }) }))
      assert.equal(error.code, 'NM_KUBE_CONFIG')
      assert.match(error.message, message)
    })
  }

  it('a folder, and a file that may not be read', async () => {
    const refusing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))
    const folder = await rejected(loadKubeconfig({ path: '/k', env: {}, readFile: refusing('EISDIR') }))
    assert.match(folder.message, /^\/k is a folder, not a kubeconfig; give one with --kubeconfig/)
    const denied = await rejected(loadKubeconfig({ path: '/k', env: {}, readFile: refusing('EACCES') }))
    assert.match(denied.message, /^the kubeconfig \/k cannot be read: permission denied; give one/)
  })

  it('none at all', async () => {
    const error = await rejected(loadKubeconfig({ env: { HOME: '/root' }, readFile: files({}) }))
    assert.match(error.message, /^no kubeconfig at \/root\/\.kube\/config; give one with --kubeconfig/)
  })
})

describe('an exec plugin', () => {
  /** A program that counts its runs in a file and answers with a token of that number. */
  function plugin(
    t: TestContext,
    answer: string,
  ): { write: ReturnType<typeof folder>; runs: () => number; user: string } {
    const write = folder(t)
    const log = write('runs', '')
    const program = write(
      'login',
      `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> '${log}'\nn=$(wc -l < '${log}' | tr -d ' ')\n${answer}\n`,
    )
    chmodSync(program, 0o755)
    const user = `    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./login
      args: [get-token]
      env: [{name: REGION, value: eu}]
      installHint: install it from example.org
      provideClusterInfo: true`
    return { write, user, runs: () => readFileSync(log, 'utf8').split('\n').length - 1 }
  }
  const printed = (extra = ''): string =>
    `echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$REGION-$1-$n\\"${extra}}}"`

  it('runs when needed, again when its credential expires, and after a 401', async (t) => {
    const { server } = await pair(t, (_seen, response) => json(response, 200, {}))
    const expiry = ',\\"expirationTimestamp\\":\\"2026-01-01T00:10:00Z\\"'
    const { write, user, runs } = plugin(t, printed(expiry))
    const clock = new SteppedClock(Date.parse('2026-01-01T00:00:00Z'))
    const path = write('config', kubeconfig(server.url, user))
    const { api } = connect(t, await loadKubeconfig({ path, env: { PATH: '/usr/bin:/bin' }, readFile, clock }))
    assert.equal(runs(), 0)
    await Promise.all([api.request(get), api.request(get)])
    assert.equal(runs(), 1)
    await clock.advance(9 * 60_000)
    await api.request(get)
    assert.equal(runs(), 1)
    await clock.advance(31_000)
    await api.request(get)
    assert.equal(runs(), 2)
    assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer eu-get-token-2')
    clock.skew(-600_000)
    await api.request(get)
    server.play((seen, response) =>
      seen.headers.authorization === 'Bearer eu-get-token-3'
        ? json(response, 200, { ok: true })
        : json(response, 401, failure(401, 'Unauthorized', 'Unauthorized')),
    )
    assert.deepEqual(await api.request(get), { ok: true })
    assert.equal(runs(), 3)
  })

  it('gets the cluster, and may answer with a client certificate', async (t) => {
    const tls = { cert: serverCert, key: serverKey, ca: authority, requestCert: true, rejectUnauthorized: true }
    const server = await startScripted((_seen, response) => json(response, 200, { ok: true }), { tls })
    t.after(() => server.close())
    const status = { clientCertificateData: clientCert, clientKeyData: clientKey }
    const { write, user } = plugin(t, '')
    const answer = write('answer.json', JSON.stringify({ kind: 'ExecCredential', status }))
    const program = write('login2', `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" > "$0.info"\ncat '${answer}'\n`)
    chmodSync(program, 0o755)
    const ca = `    certificate-authority-data: ${base64(authority)}`
    const path = write('config', kubeconfig(server.url, user.replace('./login', program), ca))
    const { api } = connect(t, await loadKubeconfig({ path, env: { PATH: '/usr/bin:/bin' }, readFile }))
    assert.deepEqual(await api.request(get), { ok: true })
    const info = JSON.parse(readFileSync(`${program}.info`, 'utf8')) as { spec: { cluster: { server: string } } }
    assert.equal(info.spec.cluster.server, server.url)
  })

  const failures: readonly [string, string, RegExp][] = [
    ['fails', 'echo "no session" >&2; exit 3', /"\.\/login get-token" failed: no session; run it by hand/],
    ['prints no JSON', 'echo hello', /did not print an ExecCredential as JSON/],
    ['answers nothing of use', 'echo "{}"', /answered neither a token nor a certificate/],
  ]
  for (const [name, answer, message] of failures) {
    it(`that ${name} is named`, async (t) => {
      const { server } = await pair(t, (_seen, response) => json(response, 200, {}))
      const { write, user } = plugin(t, answer)
      const path = write('config', kubeconfig(server.url, user))
      const { api } = connect(t, await loadKubeconfig({ path, env: { PATH: '/usr/bin:/bin' }, readFile }))
      const error = await rejected(api.request(get))
      assert.equal(error.code, 'NM_KUBE_CONFIG')
      assert.match(error.message, message)
      assert.match(error.message, /config:\d+: /)
    })
  }

  it('that is not installed comes with its install hint', async (t) => {
    const { write, user } = plugin(t, '')
    const path = write('config', kubeconfig('http://127.0.0.1:1', user.replace('./login', 'no-such-login')))
    const { api } = connect(t, await loadKubeconfig({ path, env: { PATH: '/usr/bin:/bin' }, readFile }))
    assert.match((await rejected(api.request(get))).message, /install it from example\.org/)
  })
})

it('OIDC goes through client-node', async (t) => {
  const write = folder(t)
  const never = 4_102_444_800 // 2100: client-node must not try to refresh it
  const token = `${base64('{}')}.${base64(JSON.stringify({ exp: never }))}.x`
  const user = `    auth-provider:\n      name: oidc\n      config: {id-token: ${token}, client-id: a, idp-issuer-url: https://issuer}`
  const path = write('config', kubeconfig('https://10.0.0.1', user))
  const config = await loadKubeconfig({ path, env: {}, readFile })
  assert.equal(await tokenOf(config), token)
})

function tokenOf({ token }: ConnectionConfig) {
  return typeof token === 'function' ? token() : token
}
