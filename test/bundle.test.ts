/** What ships contains only what its list allows: the supply chain of a privileged DaemonSet stays short enough to read. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const dist = join(import.meta.dirname, '..', 'dist')

/** What every client of the AWS SDK brings: signing, and each way to find credentials. */
const awsParts: readonly string[] = [
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-env',
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-node',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/nested-clients',
  '@aws-sdk/signature-v4-multi-region',
  '@aws-sdk/token-providers',
  '@aws-sdk/xml-builder',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/credential-provider-imds',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
  'bowser',
]

/** npm packages that a bundle may contain. `npm run build` writes the metafiles. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  agent: ['re2js'],
  // Loaded by the agent only when an operator gives it what needs them.
  'agent-emf': [],
  'agent-kubeconfig': ['yaml'],
  // Loads koffi at run time; the agent starts it only where there is an NVIDIA GPU.
  'agent-nvml': [],
  'agent-rules': ['re2js', 'yaml', 'zod'],
  'agent-samples': [],
  'agent-yaml': ['yaml'],
  nodemend: ['commander', 're2js', 'yaml', 'zod'],
  // Loaded on Amazon's cloud alone.
  'nodemend-eks': ['@aws-sdk/client-eks', ...awsParts],
  'nodemend-eks-provider': [
    '@aws-sdk/client-auto-scaling',
    '@aws-sdk/client-ec2',
    '@aws-sdk/client-eks',
    ...awsParts,
    '@aws-sdk/middleware-sdk-ec2',
  ],
}

/** Parts of Node that a node must not pay for: what the agent needs them for is loaded only when it is needed, or done without. */
const tooDear = ['node:http', 'node:https', 'node:dns', 'node:child_process', 'node:fs/promises']

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>
}

test('every bundle has an allow-list, and contains only packages on it', () => {
  const metafiles = readdirSync(dist).filter((name) => name.endsWith('.meta.json'))
  const found = metafiles.map((name) => {
    const { inputs } = JSON.parse(readFileSync(join(dist, name), 'utf8')) as Metafile
    const packages = Object.keys(inputs).flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])
    return [name.replace('.meta.json', ''), [...new Set(packages)].sort()] as const
  })
  const sorted = Object.entries(allowed).map(([name, packages]) => [name, [...packages].sort()])
  assert.deepEqual(Object.fromEntries(found), Object.fromEntries(sorted))
})

test('the agent’s bundle holds nothing of the cluster half, and no test support', () => {
  const { inputs } = JSON.parse(readFileSync(join(dist, 'agent.meta.json'), 'utf8')) as Metafile
  const wrong = Object.keys(inputs).filter((file) =>
    /src\/(repair|providers|drill)\/|\/testing\/|embedded|scripted|\.test\.ts/.test(file),
  )
  assert.deepEqual(wrong, [])
})

test('the agent’s bundle does not load what calls native code', () => {
  const { inputs, outputs } = JSON.parse(readFileSync(join(dist, 'agent.meta.json'), 'utf8')) as Metafile
  const native = (name: string): boolean => /koffi|detect\/nvml\/(?!document|ask)/.test(name)
  const loaded = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  assert.deepEqual([...Object.keys(inputs), ...loaded].filter(native), [])
})

test('the agent’s bundle loads no part of Node that is dear and not needed', () => {
  const { outputs } = JSON.parse(readFileSync(join(dist, 'agent.meta.json'), 'utf8')) as Metafile
  const loaded = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  assert.ok(loaded.includes('node:tls'), 'the metafile says what is loaded')
  assert.deepEqual(
    tooDear.filter((name) => loaded.includes(name) || loaded.includes(name.slice('node:'.length))),
    [],
  )
})

test('the AWS SDK is loaded when a command asks Amazon, and not before', () => {
  const loaded = (...command: readonly string[]): boolean => {
    const told = "process.on('exit', () => console.error('loaded:', Object.keys(require.cache).join()))"
    const start = "process.argv.splice(1, 0, require.resolve('./nodemend.cjs')); require(process.argv[1])"
    const run = ['-e', `${told}; ${start}`, '--', ...command]
    const { stderr } = spawnSync(process.execPath, run, { cwd: dist, encoding: 'utf8', env: { AWS_REGION: 'x' } })
    assert.match(stderr, /^loaded: .*nodemend\.cjs/m)
    return /nodemend-eks/.test(stderr)
  }
  assert.equal(loaded('eks', 'recommend', '--help'), false)
  assert.equal(loaded('controller', '--help'), false)
  assert.equal(loaded('status', '--kubeconfig', '/nonexistent'), false)
  assert.equal(loaded('eks', 'recommend', 'prod', '--endpoint-url', 'http://127.0.0.1:1'), true)
})
