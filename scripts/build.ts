/**
 * The bundles: `dist/agent.cjs` (what a node runs), `dist/nodemend.cjs` (everything) and `dist/catalogue.json` (the
 * shipped catalogue, compiled), and `dist/licences.txt`. CommonJS because an ESM import of `node:http` costs 13 MB RSS on Node 22 and later.
 * `dist/*.meta.json` say what is in each bundle; a test compares them with the allow-lists.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { compileShipped } from '../src/catalog/shipped.ts'
import { licencesOf } from './licences.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/**
 * What the agent needs only when an operator gave it rule packs, a configuration file, a kubeconfig or `--emf`. Each is a file
 * of its own beside the agent's, so that the agent itself holds neither a YAML parser nor a schema.
 */
const lazyParts: Readonly<Record<string, string>> = {
  'src/catalog/load.ts': 'agent-rules.cjs',
  'src/detect/match/samples.ts': 'agent-samples.cjs',
  'src/detect/report/emf.ts': 'agent-emf.cjs',
  'src/kube/credentials/kubeconfig.ts': 'agent-kubeconfig.cjs',
  yaml: 'agent-yaml.cjs',
}

/** What the whole command needs only on Amazon's cloud, of modules that let the bundler leave out what is not used. */
const cloudParts: Readonly<Record<string, string>> = {
  'src/cli/eks/sdk.ts': 'nodemend-eks.cjs',
  'src/providers/eks/sdk.ts': 'nodemend-eks-provider.cjs',
}

const lazy = (parts: Readonly<Record<string, string>>): Plugin => ({
  name: 'lazy',
  setup(plugin) {
    plugin.onResolve({ filter: /.*/ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined
      const part = parts[path.startsWith('.') ? relativeToRoot(join(resolveDir, path)) : path]
      return part === undefined ? undefined : { path: `./${part}`, external: true }
    })
  },
})

/**
 * The agent holds the pattern library's text, but runs it only when the first line needs a pattern: 0.4 MB. A file of
 * its own would have to be read just when the disk may be what is failing.
 */
const late: Plugin = {
  name: 'late',
  setup(plugin) {
    plugin.onResolve({ filter: /^re2js$/ }, ({ kind, namespace }) =>
      kind === 'import-statement' && namespace !== 'late' ? { path: 're2js', namespace: 'late' } : undefined,
    )
    plugin.onLoad({ filter: /.*/, namespace: 'late' }, () => ({
      contents: `export const RE2JS = { compile: (...args) => require('re2js').RE2JS.compile(...args) }`,
      resolveDir: root,
    }))
  },
}

function relativeToRoot(path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path
}

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // A kept `import()` would load Node's ESM loader, and with it undici.
  supported: { 'dynamic-import': false },
  minify: true,
  keepNames: true, // error names and classes stay readable in logs
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // Only for OIDC kubeconfigs, and only where somebody installed it: 4 MB that nobody else needs.
  external: ['@kubernetes/client-node'],
  logOverride: { 'empty-import-meta': 'silent' },
}

async function bundle(entry: string, file: string, options: BuildOptions = {}): Promise<number> {
  const result = await build({ ...shared, ...options, entryPoints: [entry], outfile: join(dist, file) })
  writeFileSync(join(dist, file.replace(/\.cjs$/, '.meta.json')), `${JSON.stringify(result.metafile, null, 2)}\n`)
  return Object.values(result.metafile?.outputs ?? {})[0]?.bytes ?? 0
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
const sizes: Record<string, number> = {}
sizes['agent.cjs'] = await bundle('src/cli/agent/main.ts', 'agent.cjs', { plugins: [lazy(lazyParts), late] })
for (const [entry, file] of Object.entries(lazyParts)) sizes[file] = await bundle(entry, file)
sizes['nodemend.cjs'] = await bundle('src/cli/main.ts', 'nodemend.cjs', { plugins: [lazy(cloudParts)] })
for (const [entry, file] of Object.entries(cloudParts))
  sizes[file] = await bundle(entry, file, { mainFields: ['module', 'main'] })
// A process of its own. The image has the native module of koffi in place of the package.
sizes['agent-nvml.cjs'] = await bundle('src/detect/nvml/main.ts', 'agent-nvml.cjs', { external: ['koffi'] })
if (existsSync(join(root, 'catalog'))) {
  const text = JSON.stringify(compileShipped(join(root, 'catalog')))
  writeFileSync(join(dist, 'catalogue.json'), text)
  sizes['catalogue.json'] = text.length
}
const licences = licencesOf(root)
writeFileSync(join(dist, 'licences.txt'), licences)
sizes['licences.txt'] = Buffer.byteLength(licences)
for (const [file, bytes] of Object.entries(sizes))
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  dist/${file}`)
